/*
 * The library: books, and who borrowed them.
 */
package com.acme.library;

import java.io.IOException;
import java.util.*;
import java.util.function.Function;
import static java.util.stream.Collectors.toList;
import static org.junit.Assert.*;
import com.acme.people.Reader;

/**
 * Keeps books and lends them.
 *
 * @author acme
 */
@Service(name = "library", scope = "singleton", lazy = true)
public abstract class Library<T extends Book & Comparable<T>> extends Base<T> implements Lender, AutoCloseable {

    /** The most books one reader may have. */
    public static final int MAX_BOOKS = 5;
    private final Map<Reader, List<T>> lent = new HashMap<>();
    @Inject
    private Store store;
    protected int count, total = 0;

    static {
        Registry.register(Library.class);
    }

    // Makes a library over a store.
    public Library(Store store, String... names) throws IOException {
        super(store);
        this.store = store;
        var helper = new Helper<String>(names[0]);
        helper.run();
    }

    /** Lends a book. */
    @Override
    public <R extends Reader> Optional<T> lend(final R reader, T book) throws LendingException {
        List<T> books = lent.computeIfAbsent(reader, key -> new ArrayList<>());
        if (books.size() >= MAX_BOOKS || !(book instanceof Printed printed)) {
            throw new LendingException("too many: " + reader.getName());
        }
        try (Connection connection = store.open()) {
            connection.save(book, Library.this.count);
        } catch (IOException | IllegalStateException error) {
            log.warn("cannot save", error);
        }
        for (T other : books) {
            other.touch();
        }
        int amount = (int) books.stream().map(Book::getTitle).filter(title -> !title.isEmpty()).count();
        return Optional.of(book);
    }

    protected abstract String describe(int[] counts);

    @Override
    public void close() {
        lent.forEach((reader, books) -> books.clear());
    }

    interface Listener {
        int PRIORITY = 1;

        void onLend(Reader reader);

        default String name() {
            return getClass().getSimpleName();
        }
    }

    private static class Helper<S> implements Runnable {
        private final S value;

        Helper(S value) {
            this.value = value;
        }

        @Override
        public void run() {
            Runnable task = new Runnable() {
                @Override
                public void run() {
                    System.out.println(value);
                }
            };
            task.run();
        }
    }
}

enum Genre implements Labelled {
    NOVEL("novel") {
        @Override
        String shelf() { return "N"; }
    },
    POEM("poem");

    private final String label;

    Genre(String label) {
        this.label = label;
    }

    String shelf() { return label.substring(0, 1); }
}

record Loan(Reader reader, Book book, int days) implements Comparable<Loan> {
    Loan {
        if (days < 0) throw new IllegalArgumentException();
    }

    static Loan of(Reader reader, Book book) {
        return new Loan(reader, book, 14);
    }

    public int compareTo(Loan other) {
        return switch (other.days()) {
            case 14 -> Integer.compare(days, other.days);
            default -> 0;
        };
    }
}

@interface Service {
    String name() default "";
    boolean lazy() default false;
}
