package annotate

// measure is a width, a height or a size of letters as excelize takes it.
func measure(n int) float64 { return float64(n) }
