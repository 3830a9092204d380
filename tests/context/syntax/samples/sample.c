/* A ring buffer, and a table of named ones. */
#include <stdio.h>
#include <stdlib.h>
#include "ring.h"
#include "../util/list.h"

#define RING_SIZE 64
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#ifndef NAME_MAX
#define NAME_MAX 32
#endif

typedef unsigned int uint;
typedef int (*compare_fn)(const void *left, const void *right);

/* What a ring can be. */
enum state { EMPTY, PARTLY = 3, FULL };

typedef enum { RED, GREEN } color_t;

/** A ring of numbers. */
struct ring {
    int *items;
    size_t head, tail;
    char name[NAME_MAX];
    struct ring *next;
    compare_fn compare;
    union {
        long number;
        double real;
    } value;
    unsigned flags : 3;
};

typedef struct table {
    struct ring *rings[8];
    uint count;
} table_t;

typedef struct {
    int x, y;
} point;

static table_t registry = {.count = 0};
extern const char *const version;
int counter, *cursor = NULL;
static int (*handlers[4])(struct ring *, int);

int ring_push(struct ring *ring, int item);
static inline void ring_clear(struct ring *);
struct ring *ring_find(const char *name);

/* Makes a ring.
 * The caller frees it. */
struct ring *ring_new(const char *name, size_t size)
{
    struct ring *ring = malloc(sizeof(struct ring));
    if (!ring)
        return NULL;
    ring->items = calloc(MIN(size, RING_SIZE), sizeof *ring->items);
    ring->head = ring->tail = 0;
    snprintf(ring->name, sizeof ring->name, "%s", name);
    return ring;
}

// Puts an item in.
int ring_push(struct ring *ring, int item)
{
    enum state state = ring->tail == RING_SIZE ? FULL : PARTLY;
    switch (state) {
    case FULL:
        return -1;
    default:
        break;
    }
    ring->items[ring->tail++] = item;
    for (uint i = 0, n = registry.count; i < n; i++) {
        struct ring *other = registry.rings[i];
        if (other && other->compare(other->items, ring->items) == 0)
            goto done;
    }
done:
    (void)printf("pushed %d\n", item);
    return (*handlers[0])(ring, item);
}

static int
by_size(const void *left, const void *right)
{
    const struct ring *a = left, *b = (const struct ring *)right;
    point p = {.x = (int)a->tail, .y = 2};
    return p.x - (int)b->tail;
}

#ifdef DEBUG
static void dump(table_t *table)
{
    do {
        fprintf(stderr, "%u\n", table->count);
    } while (0);
}
#else
#define dump(table) ((void)0)
#endif

int main(int argc, char **argv)
{
    table_t *table = &registry;
    table->rings[table->count++] = ring_new(argc > 1 ? argv[1] : "main", RING_SIZE);
    qsort(table->rings, table->count, sizeof(struct ring *), by_size);
    dump(table);
    return EXIT_SUCCESS;
}
