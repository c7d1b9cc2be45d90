package calendar

import "math"

// The positions of sun and moon here are floats: they measure angles and
// instants of the sky, never money.

// meridian is the civil time, in hours ahead of UTC, by which a calendar cuts
// the sky's instants into days.
type meridian float64

const vietnam meridian = 7

// newMoonDay returns the Julian day number on which new moon k falls. k = 0 is
// the first new moon of 2000.
func (m meridian) newMoonDay(k int) int {
	return m.dayOf(newMoon(k))
}

// dayOf returns the number of the civil day that holds the instant jde.
func (m meridian) dayOf(jde float64) int {
	return int(math.Floor(jde - deltaT(jde) + float64(m)/24 + 0.5))
}

// sunSector returns which twelfth of its way the sun is in when day begins: 9
// is the one that starts at the winter solstice.
func (m meridian) sunSector(day int) int {
	utc := float64(day) - 0.5 - float64(m)/24
	return int(sunLongitude(utc+deltaT(utc)) / 30)
}

// solsticeDay returns the day on which the sun reaches 270° in December of year.
func (m meridian) solsticeDay(year int) int {
	jde := float64(Must(year, 12, 21).julianDay())
	// The sun moves 360° in 365.2422 days, so each step leaves a hundredth of the error.
	for range 6 {
		jde += math.Remainder(270-sunLongitude(jde), 360) * 365.2422 / 360
	}
	return m.dayOf(jde)
}

// lunationNear returns the number of a new moon within a month of the start of year.
func lunationNear(year int) int {
	return int(math.Round((float64(year) - 2000) * 12.3685))
}

// newMoon returns the instant (Julian ephemeris day) of new moon k: the mean
// lunation plus the larger periodic terms of moon and sun after Meeus,
// Astronomical Algorithms, chapter 49. Against libastro it is within 15
// seconds from 1900 to 2016; later the guess of [deltaT] weighs more.
func newMoon(k int) float64 {
	kf := float64(k)
	t := kf / 1236.85
	t2, t3, t4 := t*t, t*t*t, t*t*t*t
	jde := 2451550.09766 + 29.530588861*kf + 0.00015437*t2 - 0.000000150*t3 + 0.00000000073*t4
	e := 1 - 0.002516*t - 0.0000074*t2
	sun := 2.5534 + 29.10535670*kf - 0.0000014*t2 - 0.00000011*t3
	moon := 201.5643 + 385.81693528*kf + 0.0107582*t2 + 0.00001238*t3 - 0.000000058*t4
	latitude := 160.7108 + 390.67050284*kf - 0.0016118*t2 - 0.00000227*t3 + 0.000000011*t4
	node := 124.7746 - 1.56375588*kf + 0.0020672*t2 + 0.00000215*t3

	for _, c := range newMoonTerms {
		angle := c.moon*moon + c.sun*sun + c.latitude*latitude + c.node*node
		jde += c.days * math.Pow(e, math.Abs(c.sun)) * sine(angle)
	}
	for _, c := range planetTerms {
		angle := c.at + c.rate*kf
		if c.rate == planetTerms[0].rate {
			angle -= 0.009173 * t2
		}
		jde += c.days * sine(angle)
	}
	return jde
}

// newMoonTerms are multiples of the moon's and sun's anomaly, the moon's
// argument of latitude and its node, with the shift each causes in days.
var newMoonTerms = []struct{ days, moon, sun, latitude, node float64 }{
	{-0.40720, 1, 0, 0, 0}, {0.17241, 0, 1, 0, 0}, {0.01608, 2, 0, 0, 0}, {0.01039, 0, 0, 2, 0},
	{0.00739, 1, -1, 0, 0}, {-0.00514, 1, 1, 0, 0}, {0.00208, 0, 2, 0, 0}, {-0.00111, 1, 0, -2, 0},
	{-0.00057, 1, 0, 2, 0}, {0.00056, 2, 1, 0, 0}, {-0.00042, 3, 0, 0, 0}, {0.00042, 0, 1, 2, 0},
	{0.00038, 0, 1, -2, 0}, {-0.00024, 2, -1, 0, 0}, {-0.00017, 0, 0, 0, 1}, {-0.00007, 1, 2, 0, 0},
	{0.00004, 2, 0, -2, 0}, {0.00004, 0, 3, 0, 0}, {0.00003, 1, 1, -2, 0}, {0.00003, 2, 0, 2, 0},
	{-0.00003, 1, 1, 2, 0}, {0.00003, 1, -1, 2, 0}, {-0.00002, 1, -1, -2, 0}, {-0.00002, 3, 1, 0, 0},
	{0.00002, 4, 0, 0, 0},
}

// planetTerms are the pulls of the planets: an angle at lunation 0, its change
// per lunation, and the shift in days.
var planetTerms = []struct{ days, at, rate float64 }{
	{0.000325, 299.77, 0.107408}, {0.000165, 251.88, 0.016321}, {0.000164, 251.83, 26.651886},
	{0.000126, 349.42, 36.412478}, {0.000110, 84.66, 18.206239}, {0.000062, 141.74, 53.303771},
	{0.000060, 207.14, 2.453732}, {0.000056, 154.84, 7.306860}, {0.000047, 34.52, 27.261239},
	{0.000042, 207.19, 0.121824}, {0.000040, 291.34, 1.844379}, {0.000037, 161.72, 24.198154},
	{0.000035, 239.56, 25.513099}, {0.000023, 331.55, 3.592518},
}

// sunLongitude returns the sun's apparent longitude in degrees, 0 to 360, at a
// Julian ephemeris day, after Meeus chapter 25: right to about 0.01°, which
// the sun passes in a quarter of an hour.
func sunLongitude(jde float64) float64 {
	t := (jde - 2451545) / 36525
	mean := 280.46646 + 36000.76983*t + 0.0003032*t*t
	anomaly := 357.52911 + 35999.05029*t - 0.0001537*t*t
	centre := (1.914602-0.004817*t-0.000014*t*t)*sine(anomaly) +
		(0.019993-0.000101*t)*sine(2*anomaly) + 0.000289*sine(3*anomaly)
	node := 125.04 - 1934.136*t
	longitude := math.Mod(mean+centre-0.00569-0.00478*sine(node), 360)
	if longitude < 0 {
		longitude += 360
	}
	return longitude
}

// deltaT returns how far the even time of the sky runs ahead of civil UTC, in
// days, at a Julian day. Polynomials fitted by Espenak and Meeus; a guess
// after 2005, by less than a minute in this century.
func deltaT(jd float64) float64 {
	year := 2000 + (jd-2451544.5)/365.2425
	var seconds float64
	switch {
	case year < 1920:
		seconds = poly(year-1900, -2.79, 1.494119, -0.0598939, 0.0061966, -0.000197)
	case year < 1941:
		seconds = poly(year-1920, 21.20, 0.84493, -0.076100, 0.0020936)
	case year < 1961:
		seconds = poly(year-1950, 29.07, 0.407, -1.0/233, 1.0/2547)
	case year < 1986:
		seconds = poly(year-1975, 45.45, 1.067, -1.0/260, -1.0/718)
	case year < 2005:
		seconds = poly(year-2000, 63.86, 0.3345, -0.060374, 0.0017275, 0.000651814, 0.00002373599)
	case year < 2050:
		seconds = poly(year-2000, 62.92, 0.32217, 0.005589)
	default:
		u := (year - 1820) / 100
		seconds = -20 + 32*u*u - 0.5628*math.Max(0, 2150-year)
	}
	return seconds / 86400
}

// poly returns c0 + c1·x + c2·x² + …
func poly(x float64, c ...float64) float64 {
	sum := 0.0
	for i := len(c) - 1; i >= 0; i-- {
		sum = sum*x + c[i]
	}
	return sum
}

func sine(degrees float64) float64 {
	return math.Sin(math.Mod(degrees, 360) * math.Pi / 180)
}
