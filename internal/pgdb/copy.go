package pgdb

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// CopyBinary runs sqlCopy, which must be COPY table (columns) FROM STDIN
// (FORMAT binary), inside tx and sends it the rows that fill writes. It returns
// the number of rows the server stored.
//
// Rows stream: at most one buffer of 64 kB is held, whatever their number. The
// connection is busy until fill returns, so fill must not use tx. An error of
// fill ends the COPY, comes back wrapped, and leaves tx to be rolled back; a
// server error ends fill's writing (see [CopyWriter]) and comes back instead.
//
// It exists beside pgx's CopyFrom because that one boxes every value: for
// millions of lines the client costs more than the server.
func CopyBinary(ctx context.Context, tx pgx.Tx, sqlCopy string, fill func(w *CopyWriter) error) (int64, error) {
	reader, writer := io.Pipe()
	type result struct {
		tag pgconn.CommandTag
		err error
	}
	done := make(chan result, 1)
	go func() {
		tag, err := tx.Conn().PgConn().CopyFrom(ctx, reader, sqlCopy)
		// Ends a fill that still writes after the server gave up.
		reader.CloseWithError(errCopyEnded)
		done <- result{tag, err}
	}()
	copied := false
	defer func() {
		if !copied { // fill panicked: free the connection before it is rolled back
			writer.CloseWithError(errFillPanicked)
			<-done
		}
	}()

	w := NewCopyWriter(writer)
	fillErr := fill(w)
	if fillErr == nil {
		fillErr = w.finish()
	}
	writer.CloseWithError(fillErr) // nil means end of data
	got := <-done
	copied = true

	switch {
	case fillErr != nil && !errors.Is(fillErr, errCopyEnded):
		return 0, fmt.Errorf("write rows to COPY: %w", fillErr)
	case got.err != nil:
		return 0, fmt.Errorf("copy: %w", got.err)
	case fillErr != nil:
		return 0, fmt.Errorf("copy: %w", fillErr)
	case got.tag.RowsAffected() != w.rows:
		return 0, fmt.Errorf("copy: wrote %d rows, the server stored %d", w.rows, got.tag.RowsAffected())
	default:
		return w.rows, nil
	}
}

var (
	errCopyEnded    = errors.New("the server ended the COPY")
	errFillPanicked = errors.New("the writer of rows panicked")
)

const copyBuffer = 64 << 10

// copySignature is the file header: signature, flags, length of extension.
const copySignature = "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00"

// CopyWriter encodes rows in PostgreSQL's binary COPY format. Each row is
// Begin(n) followed by exactly n values whose Go method fits the column's type
// exactly: PostgreSQL does not convert, so Int32 into a bigint column fails.
//
// Methods return nothing; the first error (such as the server having ended the
// COPY) is kept, stops all output, and is returned by [CopyWriter.Err] and by
// CopyBinary. A long fill looks at Err now and then. No method allocates once
// the buffer has grown to the longest row.
type CopyWriter struct {
	out  io.Writer
	buf  []byte
	rows int64
	left int // values the current row still lacks
	err  error
}

// NewCopyWriter returns a writer that has written the header to its buffer.
// [CopyBinary] makes its own; this is for measuring and for files.
func NewCopyWriter(out io.Writer) *CopyWriter {
	w := &CopyWriter{out: out, buf: make([]byte, 0, copyBuffer+copyBuffer/4)}
	w.buf = append(w.buf, copySignature...)
	return w
}

// Err returns the first error of this writer.
func (w *CopyWriter) Err() error { return w.err }

// Rows returns how many rows were begun.
func (w *CopyWriter) Rows() int64 { return w.rows }

// Begin starts a row of n values. It panics if the row before is incomplete.
func (w *CopyWriter) Begin(n int) {
	if w.left != 0 {
		panic(fmt.Sprintf("pgdb: row %d of COPY lacks %d values", w.rows, w.left))
	}
	if n <= 0 || n > math.MaxInt16 {
		panic(fmt.Sprintf("pgdb: a row of %d values", n))
	}
	if len(w.buf) >= copyBuffer {
		w.flush()
	}
	w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(n))
	w.left = n
	w.rows++
}

// value counts one value and writes its length.
func (w *CopyWriter) value(length int) {
	if w.left == 0 {
		panic(fmt.Sprintf("pgdb: row %d of COPY has too many values", w.rows))
	}
	w.left--
	w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(int32(length)))
}

// Null writes SQL NULL for a column of any type.
func (w *CopyWriter) Null() { w.value(-1) }

// Int16 writes a smallint.
func (w *CopyWriter) Int16(v int16) {
	w.value(2)
	w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(v))
}

// Int32 writes an integer.
func (w *CopyWriter) Int32(v int32) {
	w.value(4)
	w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(v))
}

// Int64 writes a bigint.
func (w *CopyWriter) Int64(v int64) {
	w.value(8)
	w.buf = binary.BigEndian.AppendUint64(w.buf, uint64(v))
}

// Bool writes a boolean.
func (w *CopyWriter) Bool(v bool) {
	w.value(1)
	var b byte
	if v {
		b = 1
	}
	w.buf = append(w.buf, b)
}

// Bytes writes a bytea; nil is the empty one, not NULL.
func (w *CopyWriter) Bytes(v []byte) {
	w.fits(len(v))
	w.value(len(v))
	w.buf = append(w.buf, v...)
}

// Text writes a text, varchar, name, json or enum. The server refuses invalid
// UTF-8 and the zero byte.
func (w *CopyWriter) Text(v string) {
	w.fits(len(v))
	w.value(len(v))
	w.buf = append(w.buf, v...)
}

// fits keeps a length from wrapping into the -1 that means NULL.
func (w *CopyWriter) fits(length int) {
	if length > 1<<30 {
		panic(fmt.Sprintf("pgdb: a value of %d bytes in COPY; PostgreSQL holds at most 1 GB", length))
	}
}

// Both kinds of time count from 2000-01-01 UTC.
const epochSeconds = 946_684_800

// Date writes the calendar day that t shows in its own time zone.
func (w *CopyWriter) Date(t time.Time) {
	year, month, day := t.Date()
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	w.Int32(int32((midnight.Unix() - epochSeconds) / 86_400))
}

// Timestamptz writes the instant t, cut to the microsecond as pgx does.
func (w *CopyWriter) Timestamptz(t time.Time) {
	w.Int64((t.Unix()-epochSeconds)*1_000_000 + int64(t.Nanosecond())/1_000)
}

func (w *CopyWriter) finish() error {
	if w.left != 0 {
		panic(fmt.Sprintf("pgdb: row %d of COPY lacks %d values", w.rows, w.left))
	}
	w.buf = append(w.buf, 0xff, 0xff) // trailer: a row of -1 values
	w.flush()
	return w.err
}

func (w *CopyWriter) flush() {
	if w.err == nil {
		_, w.err = w.out.Write(w.buf)
	}
	w.buf = w.buf[:0]
}
