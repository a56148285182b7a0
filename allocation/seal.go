package allocation

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// A snapshot's state is sealed: a line with its SHA-256 stands before the text,
// so that a desk never opens from one of which a byte has changed. Snapshots
// from before there were seals are the bare text.
const sealMark = "sha256:"

// seal makes a snapshot of an encoded state.
func seal(head Head, text []byte) *Snapshot {
	line := sealMark + hex.EncodeToString(sealSum(head, text)) + "\n"
	return &Snapshot{Version: head.Version, Link: head.Link, State: append([]byte(line), text...)}
}

// unseal returns the text behind a snapshot's seal. It refuses a seal
// that does not fit.
func unseal(snapshot Snapshot) ([]byte, error) {
	if bytes.HasPrefix(snapshot.State, []byte("{")) {
		return snapshot.State, nil
	}
	line, text, _ := bytes.Cut(snapshot.State, []byte("\n"))
	want := sealSum(Head{snapshot.Version, snapshot.Link}, text)
	if string(line) != sealMark+hex.EncodeToString(want) {
		return nil, fmt.Errorf("the snapshot at entry %d is not what was written: its seal does not fit\nMaybe restore a copy, or delete this snapshot: the desk then folds its entries from an earlier one", snapshot.Version)
	}
	return text, nil
}

// sealSum covers the text, and the place in the ledger that it is the state at.
func sealSum(head Head, text []byte) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%d %x ", head.Version, head.Link)
	h.Write(text)
	return h.Sum(nil)
}
