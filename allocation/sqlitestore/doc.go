// Package sqlitestore keeps ledgers in one SQLite file. It is Evenhand's
// embedded default: no server, no C compiler, one file that any SQLite tool
// can read.
//
//	store, err := sqlitestore.Open("evenhand.db")
//
// # Durability
//
// When Update returns nil the batch has been written and fsync'ed: it
// survives a crash of the process and, as far as the disk keeps what it
// acknowledges, a power cut. The file is in WAL mode with synchronous=FULL;
// both are checked on every connection, and a connection that has lost them is
// refused. When Update returns an error of the database, the batch may or may
// not be there, whole; look the key up. A batch is never there in part.
//
// Durability costs one fsync for each Update, whatever the size of the batch.
// Appending many entries in one Update is what makes the store fast. The
// driver can sync with fdatasync instead, which keeps as much and is faster on
// some file systems; that is a switch for the whole process, sqlite.Fdatasync
// of modernc.org/sqlite, and so the program's to turn.
//
// # One writer
//
// SQLite has one write lock for the file. Update holds it from before it calls
// fn until the batch is written, so desks in one file take turns, within this
// process in the order in which they came. Readers wait for nobody. Several
// processes may open the file, on one machine with a local disk; a network
// file system is not safe. A process that finds the file locked tries again
// for up to the busy timeout.
//
// # Reading the file
//
// The tables are plain, so that people can look and other programs can join:
//
//	ledger       one row for each entry; times are RFC 3339 text in UTC with
//	             microseconds; body and fields are JSON text
//	links        the hash chain: one row for each batch
//	keys         which entry a request's key points to
//	timers       when a desk wants to be advanced
//	snapshots    folds of a ledger, to open a desk fast
//
// and there are views for those who ask who got which customer:
//
//	decisions    every assignment, waiting and refusal
//	customers    where each customer stands, by his last entry
//	open_work    how many open customers each rep has
//
// Read as much as you like. Writing to these tables by hand breaks the chain.
// Tables of your own may live in the same file, see Store.DB, and be written
// in one transaction with a desk's batch, see Store.Via. The file's
// application_id and user_version are Evenhand's.
//
// # Copies
//
// While a Store is open, copy with
//
//	VACUUM INTO 'copy.db'
//
// on Store.DB or in any SQLite tool: the copy holds all that was acknowledged
// before. Copying the file and the one that ends in -wal, in this order, does
// too as long as nobody moves the WAL into the file meanwhile. The WAL is part
// of the database: without it what was written last is missing. To restore,
// remove the files ending in -wal and -shm before the copy takes the place of
// the file: SQLite cannot tell the WAL of another database from its own.
//
// A damaged file or WAL gives an error or ends early. allocation.Verify finds
// entries, keys and snapshots that were changed; that the end is missing only a
// Head kept elsewhere can tell. A timer that was lost is set again by the
// desk's next append.
//
// # Erasing
//
// Erase overwrites fields and salt in the file (secure_delete is on). Until the
// next checkpoint the old page is also in the file that ends in -wal; copies
// and backups are yours to care for.
//
// Where to find what:
//
//	open.go      Open, its options, what is checked before the file is used
//	schema.go    the tables and views
//	conn.go      the settings of every connection
//	store.go     Store: its life, the writer, Update, Compact
//	via.go       Via: the same in a transaction of yours
//	append.go    a batch becomes rows
//	read.go      rows become entries, and the reading half of the port
//	errors.go    what SQLite reports becomes a sentence with advice
package sqlitestore
