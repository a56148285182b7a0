package sqlitestore

import (
	"database/sql"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// A diskOp is one thing that SQLite asked of the disk.
type diskOp struct {
	kind diskKind
	file string // base name
	at   int64  // write: offset; truncate: size
	data []byte
	sure bool // remove: the folder was synced, too
}

type diskKind uint8

const (
	diskWrite diskKind = iota
	diskTruncate
	diskSync
	diskRemove
)

// recorder listens to what SQLite does to the files of one folder. It stands
// between SQLite and its VFS in this process; the shared memory of the WAL goes
// past it, and is worth nothing after a crash anyway.
type recorder struct {
	dir string

	mu      sync.Mutex
	ops     []diskOp
	files   map[uintptr]string                       // by sqlite3_file
	methods map[uintptr]*sqlite3.Tsqlite3_io_methods // by sqlite3_file: those of the VFS
}

// record listens until the test ends.
func record(t *testing.T, dir string) *recorder {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "first.db")) // has SQLite register its VFS
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	tls := libc.NewTLS()
	defer tls.Close()
	vfs := (*sqlite3.Tsqlite3_vfs)(pointer(sqlite3.Xsqlite3_vfs_find(tls, 0)))
	r := &recorder{dir: dir, files: map[uintptr]string{}, methods: map[uintptr]*sqlite3.Tsqlite3_io_methods{}}
	open, remove := vfs.FxOpen, vfs.FxDelete
	t.Cleanup(func() { vfs.FxOpen, vfs.FxDelete = open, remove })

	vfs.FxOpen = funcPointer(func(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32 {
		call := *(*func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32)(callable(&open))
		rc := call(tls, vfs, name, file, flags, outFlags)
		if rc == sqlite3.SQLITE_OK && name != 0 {
			r.opened(tls, libc.GoString(name), file)
		}
		return rc
	})
	vfs.FxDelete = funcPointer(func(tls *libc.TLS, vfs, name uintptr, syncDir int32) int32 {
		call := *(*func(*libc.TLS, uintptr, uintptr, int32) int32)(callable(&remove))
		rc := call(tls, vfs, name, syncDir)
		if path := libc.GoString(name); rc == sqlite3.SQLITE_OK && filepath.Dir(path) == r.dir {
			r.note(diskOp{kind: diskRemove, file: filepath.Base(path), sure: syncDir != 0})
		}
		return rc
	})
	return r
}

// pointer, funcPointer and callable cross the border to SQLite, which is C
// translated to Go: pointers are numbers there, and functions pointers.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

func funcPointer(f any) uintptr {
	handedOut.Store(new(byte), f)
	return (*[2]uintptr)(unsafe.Pointer(&f))[1]
}

// handedOut keeps functions alive that only SQLite knows.
var handedOut sync.Map

func callable(p *uintptr) unsafe.Pointer { return unsafe.Pointer(p) }

func (r *recorder) note(op diskOp) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, op)
}

func (r *recorder) of(file uintptr) (string, *sqlite3.Tsqlite3_io_methods) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.files[file], r.methods[file]
}

// opened puts our methods in front of those of a file.
func (r *recorder) opened(tls *libc.TLS, path string, file uintptr) {
	f := (*sqlite3.Tsqlite3_file)(pointer(file))
	if filepath.Dir(path) != r.dir || f.FpMethods == 0 {
		return
	}
	theirs := (*sqlite3.Tsqlite3_io_methods)(pointer(f.FpMethods))
	r.mu.Lock()
	r.files[file], r.methods[file] = filepath.Base(path), theirs
	r.mu.Unlock()
	place := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(*theirs))) // some hundred bytes for each file of the test
	ours := (*sqlite3.Tsqlite3_io_methods)(pointer(place))
	*ours = *theirs
	ours.FxWrite = funcPointer(func(tls *libc.TLS, file, buffer uintptr, n int32, at int64) int32 {
		name, theirs := r.of(file)
		rc := (*(*func(*libc.TLS, uintptr, uintptr, int32, int64) int32)(callable(&theirs.FxWrite)))(tls, file, buffer, n, at)
		if rc == sqlite3.SQLITE_OK {
			r.note(diskOp{kind: diskWrite, file: name, at: at, data: slices.Clone(unsafe.Slice((*byte)(pointer(buffer)), n))})
		}
		return rc
	})
	ours.FxTruncate = funcPointer(func(tls *libc.TLS, file uintptr, size int64) int32 {
		name, theirs := r.of(file)
		rc := (*(*func(*libc.TLS, uintptr, int64) int32)(callable(&theirs.FxTruncate)))(tls, file, size)
		if rc == sqlite3.SQLITE_OK {
			r.note(diskOp{kind: diskTruncate, file: name, at: size})
		}
		return rc
	})
	ours.FxSync = funcPointer(func(tls *libc.TLS, file uintptr, flags int32) int32 {
		name, theirs := r.of(file)
		rc := (*(*func(*libc.TLS, uintptr, int32) int32)(callable(&theirs.FxSync)))(tls, file, flags)
		if rc == sqlite3.SQLITE_OK {
			r.note(diskOp{kind: diskSync, file: name})
		}
		return rc
	})
	f.FpMethods = place
}

// disk is what a power cut may leave. For each file it knows what was synced,
// and what was written since, which may be there or not.
type disk struct {
	safe    map[string][]byte // as of the last sync
	pending []diskOp          // since then, of all files
}

func newDisk() *disk { return &disk{safe: map[string][]byte{}} }

// do takes in one operation. SQLite's VFS syncs the folder, too, when it syncs
// a journal or a WAL for the first time, and when it is told to on removing.
func (d *disk) do(op diskOp) {
	folder := op.kind == diskRemove && op.sure || op.kind == diskSync && d.isNew(op.file) && op.file != databaseName
	if op.kind == diskSync {
		d.settle(func(pending diskOp) bool { return pending.file == op.file })
	} else {
		d.pending = append(d.pending, op)
	}
	if folder {
		d.settle(func(pending diskOp) bool { return pending.kind == diskRemove })
	}
}

const databaseName = "evenhand.db"

// isNew says whether a file was made since the last sync of it.
func (d *disk) isNew(file string) bool {
	_, there := d.safe[file]
	return !there || slices.ContainsFunc(d.pending, func(op diskOp) bool { return op.file == file && op.kind == diskRemove })
}

// settle makes some of what is pending safe.
func (d *disk) settle(which func(pending diskOp) bool) {
	rest := d.pending[:0:0]
	for _, op := range d.pending {
		if which(op) {
			apply(d.safe, op)
		} else {
			rest = append(rest, op)
		}
	}
	d.pending = rest
}

func apply(files map[string][]byte, op diskOp) {
	content := files[op.file]
	switch op.kind {
	case diskRemove:
		delete(files, op.file)
		return
	case diskTruncate:
		content = slices.Clone(content[:min(int64(len(content)), op.at)])
	case diskWrite:
		content = slices.Clone(content)
		if grow := int(op.at) + len(op.data) - len(content); grow > 0 {
			content = append(content, make([]byte, grow)...)
		}
		copy(content[op.at:], op.data)
	}
	files[op.file] = content
}

// sector is what a disk writes whole.
const sector = 512

// image is the disk after a power cut that keeps each pending sector, truncation
// and removal with a chance of keep in 100.
func (d *disk) image(rng *rand.Rand, keep int) map[string][]byte {
	files := maps.Clone(d.safe)
	for _, op := range d.pending {
		if op.kind != diskWrite {
			if rng.IntN(100) < keep {
				apply(files, op)
			}
			continue
		}
		for from := 0; from < len(op.data); {
			to := min(len(op.data), from+sector-int((op.at+int64(from))%sector))
			if rng.IntN(100) < keep {
				apply(files, diskOp{kind: diskWrite, file: op.file, at: op.at + int64(from), data: op.data[from:to]})
			}
			from = to
		}
	}
	return files
}
