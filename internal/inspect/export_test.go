package inspect

// MaskAll masks texts as those of one exchange: each sees the secrets of the ones before it.
func MaskAll(texts ...string) []string {
	m := &masker{}
	masked := make([]string, len(texts))
	for i, text := range texts {
		masked[i] = m.whole(text)
	}
	for i := range masked {
		masked[i] = m.again(masked[i])
	}
	return masked
}

// MaskURI masks the address of a request.
func MaskURI(uri string) string { return (&masker{}).uri(uri) }

// Held is how much is kept, about, in bytes.
func (r *Recorder) Held() int64 {
	r.settle()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept.bytes + r.kept.open.weight()
}

// BlockSize is how much text a block has at most.
const BlockSize = blockSize
