// go-binary: the expert's variant. The rows are written as COPY binary by hand into one buffer that is used again and
// again; nothing is allocated a row. Format: PostgreSQL manual, COPY, "Binary Format".
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kgo"

	"logcollector.bench/peers/consume"
	"logcollector.bench/peers/record"
)

const (
	statement = `copy logs (ts, severity, service, host, trace_id, span_id, message, attrs, kafka_partition,
		kafka_offset) from stdin (format binary)`
	// Signature, flags, length of the extension.
	header       = "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00"
	columns      = 10
	jsonbVersion = 1
)

var postgresEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

type writer struct {
	parser record.Parser
	row    record.Row
	buffer []byte
}

var big = binary.BigEndian

func appendInt64(to []byte, value int64) []byte {
	return big.AppendUint64(big.AppendUint32(to, 8), uint64(value))
}

func appendText(to []byte, value []byte) []byte {
	if value == nil {
		return big.AppendUint32(to, 0xffffffff)
	}
	return append(big.AppendUint32(to, uint32(len(value))), value...)
}

func (self *writer) appendRow(to []byte, from *kgo.Record) ([]byte, error) {
	row := &self.row
	if err := self.parser.Parse(from.Value, row); err != nil {
		return to, err
	}
	to = big.AppendUint16(to, columns)
	to = appendInt64(to, row.Time.UnixMicro()-postgresEpoch.UnixMicro())
	to = big.AppendUint16(big.AppendUint32(to, 2), uint16(row.Severity))
	for _, value := range [...][]byte{row.Service, row.Host, row.TraceID, row.SpanID, row.Message} {
		to = appendText(to, value)
	}
	lengthAt := len(to)
	to = row.AppendAttrs(append(to, 0, 0, 0, 0, jsonbVersion))
	big.PutUint32(to[lengthAt:], uint32(len(to)-lengthAt-4))
	to = big.AppendUint32(big.AppendUint32(to, 4), uint32(from.Partition))
	return appendInt64(to, from.Offset), nil
}

func (self *writer) Write(ctx context.Context, pool *pgxpool.Pool, records []*kgo.Record) error {
	to := append(self.buffer[:0], header...)
	for _, each := range records {
		var err error
		if to, err = self.appendRow(to, each); err != nil {
			return err
		}
	}
	to = append(to, 0xff, 0xff)
	self.buffer = to
	connection, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer connection.Release()
	_, err = connection.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(to), statement)
	return err
}

func main() {
	consume.Run(func() consume.Writer { return &writer{} })
}
