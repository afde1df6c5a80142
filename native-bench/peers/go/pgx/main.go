// go-pgx: what a good Go engineer writes. fastjson into a row, pgx's CopyFrom encodes and sends it.
package main

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kgo"

	"logcollector.bench/peers/consume"
	"logcollector.bench/peers/record"
)

var columns = []string{
	"ts", "severity", "service", "host", "trace_id", "span_id", "message", "attrs", "kafka_partition", "kafka_offset",
}

type writer struct {
	parser record.Parser
	row    record.Row
	attrs  []byte
	values []any
}

// textOf is null where the record has no such field.
func textOf(value []byte) any {
	if value == nil {
		return nil
	}
	return string(value)
}

func (self *writer) valuesOf(from *kgo.Record) ([]any, error) {
	row := &self.row
	if err := self.parser.Parse(from.Value, row); err != nil {
		return nil, err
	}
	self.attrs = row.AppendAttrs(self.attrs[:0])
	self.values = append(self.values[:0],
		row.Time, row.Severity, textOf(row.Service), textOf(row.Host), textOf(row.TraceID), textOf(row.SpanID),
		textOf(row.Message), self.attrs, from.Partition, from.Offset)
	return self.values, nil
}

func (self *writer) Write(ctx context.Context, pool *pgxpool.Pool, records []*kgo.Record) error {
	next := 0
	_, err := pool.CopyFrom(ctx, pgx.Identifier{"logs"}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		if next == len(records) {
			return nil, nil
		}
		next++
		return self.valuesOf(records[next-1])
	}))
	return err
}

func main() {
	consume.Run(func() consume.Writer { return &writer{} })
}
