package devices

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quiet is the width of the light border that scanners need, in modules.
//
// Source: ISO/IEC 18004, section 9.1.
const quiet = 4

// QR draws a text as a QR code for a terminal: two rows of modules to a line, light ones
// drawn, so that it can be scanned from a dark background. With color it brings its own
// black and white, and can be scanned from any.
func QR(text string, color bool) (string, error) {
	code, err := qr.Encode(text, qr.L) // nothing gets dirty on a screen
	if err != nil {
		return "", fmt.Errorf("drawing a QR code: %w", err)
	}
	light := func(x, y int) bool { return !code.Black(x, y) } // beyond the code all is light
	var b strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		if color {
			b.WriteString("\x1b[97;40m")
		}
		for x := -quiet; x < code.Size+quiet; x++ {
			upper, lower := light(x, y), light(x, y+1) && y+1 < code.Size+quiet
			switch {
			case upper && lower:
				b.WriteRune('█')
			case upper:
				b.WriteRune('▀')
			case lower:
				b.WriteRune('▄')
			default:
				b.WriteRune(' ')
			}
		}
		if color {
			b.WriteString("\x1b[0m")
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}
