package settings

// Parse reads one text as the setting's value, and reports what its type refuses.
func (f Field) Parse(text string) error { return f.set(&Settings{}, []string{text}) }
