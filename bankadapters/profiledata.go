package bankadapters

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

//go:embed profiles.json
var demoProfiles []byte

// DemoProfiles returns the profiles of the five invented banks and two invented
// providers, DỮ LIỆU GIẢ LẬP. The contract suite certifies them against the
// sandbox; real banks' profiles come as files of the same form.
func DemoProfiles() []Profile {
	profiles, err := ParseProfiles(demoProfiles)
	if err != nil {
		panic("bankadapters: profiles.json: " + err.Error()) // embedded: a broken build, not a broken file
	}
	return profiles
}

// DemoProfile returns one of DemoProfiles. It panics on another key.
func DemoProfile(key Key) Profile {
	for _, p := range DemoProfiles() {
		if p.Key == key {
			return p
		}
	}
	panic(fmt.Sprintf("bankadapters: no demo profile %q", key))
}

// ParseProfiles reads profiles written as a JSON list. Durations are texts as
// "30m" or "168h"; a memory is "none", "forever" or a duration. Every field stands
// in each profile, and no other: a slip in a name must not pass for a wish to use 0.
func ParseProfiles(data []byte) ([]Profile, error) {
	var profiles []Profile
	if err := json.Unmarshal(data, &profiles); err != nil {
		return nil, fmt.Errorf("bank profiles: %w", err)
	}
	if err := wholeProfiles(data); err != nil {
		return nil, err
	}
	seen := make(map[Key]bool)
	for _, p := range profiles {
		if p.Key == "" || seen[p.Key] {
			return nil, fmt.Errorf("bank profiles: key %q is empty or stands twice", p.Key)
		}
		seen[p.Key] = true
		if p.CountMax < 1 || p.CallTimeout <= 0 || p.StatusHorizon < p.LatestProcess {
			return nil, fmt.Errorf("bank profile %s: count_max and call_timeout must be above 0, status_horizon not below latest_processing", p.Key)
		}
	}
	return profiles, nil
}

// wholeProfiles compares the fields that stand in the text with those there are.
func wholeProfiles(data []byte) error {
	var written []map[string]json.RawMessage
	if err := json.Unmarshal(data, &written); err != nil {
		return fmt.Errorf("bank profiles: %w", err)
	}
	text, err := json.Marshal(Profile{})
	if err != nil {
		return err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	for i, p := range written {
		for _, name := range slices.Sorted(maps.Keys(p)) {
			if _, ok := fields[name]; !ok {
				return fmt.Errorf("bank profile %d: there is no field %q", i+1, name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			if _, ok := p[name]; !ok {
				return fmt.Errorf("bank profile %d: field %q is missing", i+1, name)
			}
		}
	}
	return nil
}

// MarshalText writes "none", "forever" or a duration.
func (m Memory) MarshalText() ([]byte, error) {
	switch {
	case m.Forever:
		return []byte("forever"), nil
	case m.For == 0:
		return []byte("none"), nil
	}
	return []byte(m.For.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (m *Memory) UnmarshalText(text []byte) error {
	switch string(text) {
	case "forever":
		*m = Memory{Forever: true}
		return nil
	case "none":
		*m = Memory{}
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return err
	}
	*m = Memory{For: d}
	return nil
}

// Lasts reports whether something that entered the memory this long ago is
// certainly still in it.
func (m Memory) Lasts(age time.Duration) bool { return m.Forever || age < m.For }

// durationText is a duration that JSON shows as "30m0s", so that nobody reads
// or writes nanoseconds.
type durationText time.Duration

func (d durationText) MarshalText() ([]byte, error) {
	return []byte(time.Duration(d).String()), nil
}

func (d *durationText) UnmarshalText(text []byte) error {
	got, err := time.ParseDuration(string(text))
	*d = durationText(got)
	return err
}

type plainProfile Profile

// profileText shadows the durations of a profile with their texts.
type profileText struct {
	*plainProfile
	StatusHorizon durationText `json:"status_horizon"`
	LatestProcess durationText `json:"latest_processing"`
	ReturnWindow  durationText `json:"return_window"`
	CallTimeout   durationText `json:"call_timeout"`
}

// MarshalJSON writes durations as texts.
func (p Profile) MarshalJSON() ([]byte, error) {
	return json.Marshal(profileText{
		plainProfile:  (*plainProfile)(&p),
		StatusHorizon: durationText(p.StatusHorizon), LatestProcess: durationText(p.LatestProcess),
		ReturnWindow: durationText(p.ReturnWindow), CallTimeout: durationText(p.CallTimeout),
	})
}

// UnmarshalJSON reads durations as texts.
func (p *Profile) UnmarshalJSON(data []byte) error {
	text := profileText{plainProfile: (*plainProfile)(p)}
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	p.StatusHorizon, p.LatestProcess = time.Duration(text.StatusHorizon), time.Duration(text.LatestProcess)
	p.ReturnWindow, p.CallTimeout = time.Duration(text.ReturnWindow), time.Duration(text.CallTimeout)
	return nil
}
