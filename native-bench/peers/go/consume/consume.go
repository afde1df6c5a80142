// Package consume is the loop that both programs share: franz-go, one goroutine a partition, and a partition's offset
// is committed to Kafka after its rows are committed in Postgres: at least once.
package consume

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Writer stores records of one partition in one COPY.
type Writer interface {
	Write(ctx context.Context, pool *pgxpool.Pool, records []*kgo.Record) error
}

// Fetches are large, so that a COPY has tens of thousands of rows; four batches a partition may wait.
const (
	partitionBytes = 8 << 20
	fetchBytes     = 32 << 20
)

type worker struct {
	batches chan []*kgo.Record
	done    chan struct{}
}

type consumer struct {
	pool      *pgxpool.Pool
	newWriter func() Writer
	fail      context.CancelCauseFunc
	mutex     sync.Mutex
	workers   map[int32]*worker
}

// Run consumes KAFKA_TOPIC of KAFKA_BROKERS as KAFKA_GROUP into POSTGRES_URL until SIGTERM. Whatever goes wrong ends
// the process, in order: who starts it again reads from the last committed offset.
func Run(newWriter func() Writer) {
	signalled, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	ctx, fail := context.WithCancelCause(signalled)
	pool, err := pgxpool.New(ctx, os.Getenv("POSTGRES_URL"))
	if err != nil {
		log.Fatal(err)
	}
	self := &consumer{pool: pool, newWriter: newWriter, fail: fail, workers: map[int32]*worker{}}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(os.Getenv("KAFKA_BROKERS")),
		kgo.ConsumerGroup(os.Getenv("KAFKA_GROUP")),
		kgo.ConsumeTopics(os.Getenv("KAFKA_TOPIC")),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.FetchMaxPartitionBytes(partitionBytes),
		kgo.FetchMaxBytes(fetchBytes),
		kgo.OnPartitionsRevoked(self.drop),
		kgo.OnPartitionsLost(self.drop),
	)
	if err != nil {
		log.Fatal(err)
	}
	self.poll(ctx, client)
	client.CloseAllowingRebalance()
	pool.Close()
	if signalled.Err() == nil {
		log.Fatal(context.Cause(ctx))
	}
}

func (self *consumer) poll(ctx context.Context, client *kgo.Client) {
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return
		}
		fetches.EachError(func(_ string, partition int32, err error) {
			self.fail(fmt.Errorf("partition %d: %w", partition, err))
		})
		fetches.EachPartition(func(fetched kgo.FetchTopicPartition) {
			if len(fetched.Records) > 0 {
				select {
				case self.workerOf(client, fetched.Partition).batches <- fetched.Records:
				case <-ctx.Done():
				}
			}
		})
		client.AllowRebalance()
	}
}

func (self *consumer) workerOf(client *kgo.Client, partition int32) *worker {
	self.mutex.Lock()
	defer self.mutex.Unlock()
	if found := self.workers[partition]; found != nil {
		return found
	}
	made := &worker{batches: make(chan []*kgo.Record, 1), done: make(chan struct{})}
	self.workers[partition] = made
	go self.store(client, made)
	return made
}

func (self *consumer) store(client *kgo.Client, worker *worker) {
	defer close(worker.done)
	writer := self.newWriter()
	ctx := context.Background()
	isBroken := false
	for records := range worker.batches {
		// What follows a batch that failed is left for the next start.
		if isBroken {
			continue
		}
		if err := self.storeBatch(ctx, client, writer, records); err != nil {
			isBroken = true
			self.fail(err)
		}
	}
}

func (self *consumer) storeBatch(ctx context.Context, client *kgo.Client, writer Writer, records []*kgo.Record) error {
	if err := writer.Write(ctx, self.pool, records); err != nil {
		first := records[0]
		return fmt.Errorf("partition %d, %d records from offset %d: %w", first.Partition, len(records), first.Offset, err)
	}
	return client.CommitRecords(ctx, records[len(records)-1])
}

// drop waits for what is under way of partitions that go, so that their next owner begins after it.
func (self *consumer) drop(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
	self.mutex.Lock()
	defer self.mutex.Unlock()
	for _, partitions := range lost {
		for _, partition := range partitions {
			if worker := self.workers[partition]; worker != nil {
				close(worker.batches)
				<-worker.done
				delete(self.workers, partition)
			}
		}
	}
}

func init() {
	log.SetFlags(log.Ltime)
	log.Printf("%s, GOMAXPROCS %d", runtime.Version(), runtime.GOMAXPROCS(0))
}
