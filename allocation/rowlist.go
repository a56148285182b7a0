package allocation

import (
	"encoding/base64"
	"fmt"
	"math/bits"
)

// rowList is rows of the roster, ascending. In the ledger it is base64 of
// their bits, row 0 the lowest bit of the first byte, trailing zero bytes left
// out; that costs a bit for each row of the roster, and deciding leaves it to
// the committer.
type rowList []int32

// listOf is rows as a list of its own.
func listOf(rows []int) rowList {
	l := make(rowList, len(rows))
	for i, row := range rows {
		l[i] = int32(row)
	}
	return l
}

// MarshalText writes the list as the ledger has it.
func (l rowList) MarshalText() ([]byte, error) {
	if len(l) == 0 {
		return nil, nil
	}
	bytes := make([]byte, l[len(l)-1]/8+1)
	for _, row := range l {
		bytes[row/8] |= 1 << (row % 8)
	}
	return base64.StdEncoding.AppendEncode(nil, bytes), nil
}

// UnmarshalText reads what MarshalText wrote.
func (l *rowList) UnmarshalText(text []byte) error {
	*l = nil
	bytes, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		return fmt.Errorf("row set %q: %w", text, err)
	}
	for i, octet := range bytes {
		for ; octet != 0; octet &= octet - 1 {
			*l = append(*l, int32(i*8+bits.TrailingZeros8(octet)))
		}
	}
	return nil
}

// within is the rows of a list that has to be of a roster of some rows.
func (l rowList) within(roster int) ([]int, error) {
	rows := make([]int, len(l))
	for i, row := range l {
		if int(row) >= roster {
			return nil, fmt.Errorf("row set names row %d of a roster of %d", row, roster)
		}
		rows[i] = int(row)
	}
	return rows, nil
}

// encodeRows writes a set of rows as text.
func encodeRows(s *RepSet) string {
	var l rowList
	for row := range s.All() {
		l = append(l, int32(row))
	}
	text, _ := l.MarshalText() // never fails
	return string(text)
}

// decodeRows is the inverse of encodeRows. Rows at or above limit are refused.
func decodeRows(text string, limit int) ([]int, error) {
	var l rowList
	if err := l.UnmarshalText([]byte(text)); err != nil {
		return nil, err
	}
	return l.within(limit)
}
