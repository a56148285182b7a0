package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync/atomic"
	"time"
)

// Disk bounds the size of a database file, as a full disk does. SQLite then
// finds in the middle of an append that there is no room.
type Disk struct {
	driver.Connector
	pages atomic.Int64 // 0: no bound
	store *Store
}

// OpenOn opens an existing store on a disk that can be full.
func OpenOn(path string) (*Store, *Disk, error) {
	connect, err := newConnector(path, time.Second)
	if err != nil {
		return nil, nil, err
	}
	disk := &Disk{Connector: connect}
	db := sql.OpenDB(disk)
	disk.store = newStore(path, db, time.Second)
	db.SetMaxIdleConns(0) // so that the bound is that of every connection
	return disk.store, disk, nil
}

// Connect opens a connection that is bounded if the disk is.
func (d *Disk) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := d.Connector.Connect(ctx)
	if pages := d.pages.Load(); err == nil && pages > 0 {
		_, err = conn.(driver.ExecerContext).ExecContext(ctx, fmt.Sprint("PRAGMA max_page_count = ", pages), nil)
	}
	return conn, err
}

// Limit leaves room for so many pages more; a negative number makes room again.
func (d *Disk) Limit(more int) error {
	d.pages.Store(0)
	var pages int
	if err := d.store.db.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		return err
	}
	if more >= 0 {
		d.pages.Store(int64(pages + more))
	}
	d.store.turn <- struct{}{}
	defer func() { <-d.store.turn }()
	if d.store.writer != nil {
		d.store.writer.discard()
		d.store.writer = nil
	}
	return nil
}

// WALBatches is the scale of the tests that damage files.
var WALBatches = walBatches
