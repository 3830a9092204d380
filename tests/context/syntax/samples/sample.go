// Package shop keeps carts and their prices.
package shop

import (
	"context"
	"fmt"
	str "strings"

	_ "github.com/lib/pq"
	. "math"

	"example.com/shop/internal/store"
)

import "os"

// MaxItems is how many items a cart may hold.
const MaxItems = 50

const (
	Open Status = iota
	Paid
)

var defaultStore, backup = store.New("main"), store.New("backup")

var (
	registry map[string]*Cart
	ErrFull  = fmt.Errorf("cart is full")
)

// Status is what an order can be.
type Status int

type Handler func(ctx context.Context, cart *Cart) error

type Alias = map[string]Priced

// Priced is everything with a price.
type Priced interface {
	fmt.Stringer
	Price(rate float64) (Money, error)
}

type (
	// Money is an amount in cents.
	Money struct {
		Cents    int64 `json:"cents"`
		currency string
	}
	Pair[K comparable, V any] struct {
		Key K
		Val V
	}
)

// Cart holds items.
type Cart struct {
	*Base
	store.Client
	Owner, Payer string
	items        []Item
	handlers     map[string]Handler
	mu           sync.Mutex
}

// NewCart makes an empty cart.
func NewCart(owner string, options ...Option) (*Cart, error) {
	cart := &Cart{Owner: owner, items: make([]Item, 0, MaxItems)}
	for _, option := range options {
		if err := option(cart); err != nil {
			return nil, fmt.Errorf("option: %w", err)
		}
	}
	return cart, nil
}

// Add puts an item in.
func (c *Cart) Add(ctx context.Context, item Item) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.items) >= MaxItems {
		return 0, ErrFull
	}
	c.items = append(c.items, item)
	price, err := item.Price(0.19)
	var total Money
	total = c.sum(price)
	switch value := any(total).(type) {
	case fmt.Stringer:
		str.ToUpper(value.String())
	case *Money:
		n = int(value.Cents)
	}
	other := Pair[string, Money]{Key: "a", Val: total}
	go func(done chan<- bool) { done <- other.Val.Cents > 0 }(make(chan bool))
	select {
	case <-ctx.Done():
		return n, ctx.Err()
	default:
	}
	return len(c.items), nil
}

func (p Pair[K, V]) Swap() Pair[V, K] {
	return Pair[V, K]{p.Val, p.Key}
}

func Map[T, U any](items []T, f func(T) U) []U {
	var out []U
loop:
	for i := 0; i < len(items); i++ {
		if i > MaxItems {
			break loop
		}
		out = append(out, f(items[i]))
	}
	return out
}

func main() {
	cart, err := NewCart(os.Args[1])
	if err != nil {
		panic(err)
	}
	registry["main"] = cart
	handler := Handler(func(ctx context.Context, cart *Cart) error { return nil })
	_ = handler
	fmt.Println(cart.Add(context.Background(), Item{}), Sqrt(2))
}
