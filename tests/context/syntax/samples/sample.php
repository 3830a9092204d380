<?php
declare(strict_types=1);

namespace App\Library;

use App\People\Reader;
use App\Store\{Store, Connection as Link};
use function App\Helpers\format_name;
use const App\Helpers\MAX_DAYS;
use Psr\Log\LoggerInterface as Logger, DateTimeImmutable;

require_once __DIR__ . '/bootstrap.php';
require 'helpers.php';
include('views/header.php');

const MAX_BOOKS = 5;
define('LIBRARY_NAME', 'main');

/**
 * What can be lent.
 */
interface Lendable extends \Countable, Labelled
{
    public const DAYS = 14;

    public function lend(Reader $reader, int ...$days): ?Loan;
}

enum Genre: string implements Labelled
{
    case Novel = 'novel';
    case Poem = 'poem';

    public static function pick(): self
    {
        return self::Novel;
    }
}

trait Counts
{
    protected int $count = 0;

    private function bump(): void
    {
        $this->count++;
        static::touched($this);
    }
}

// Keeps books and lends them.
#[Service('library')]
abstract class Library extends Base\Room implements Lendable
{
    use Counts, Tagged {
        bump as protected increase;
    }

    const VERSION = '1.0';
    private static ?Library $instance = null;
    public array $books = [], $lent = [];
    /** @var Store */
    protected $store;

    /**
     * Makes a library.
     */
    public function __construct(private readonly Link $link, protected ?Logger $logger = null, $size = 10)
    {
        parent::__construct($size);
        $this->store = new Store($link);
        $this->lent = $this->store->load('lent');
    }

    public static function main(): static
    {
        return self::$instance ??= new static(new Link());
    }

    #[Override]
    final public function lend(Reader $reader, int ...$days): ?Loan
    {
        if (count($this->books) >= MAX_BOOKS || !$reader instanceof Reader) {
            throw new TooManyBooks("too many for {$reader->name}: $days[0]");
        }
        try {
            $loan = $this->store->save($reader);
            $helper = Helper::make($loan);
            $helper?->run(fn (Loan $one) => $one->days * self::VERSION);
        } catch (StoreError | \RuntimeException $error) {
            $this->logger->warning('cannot save', ['error' => $error]);
        } finally {
            $this->bump();
        }
        foreach ($this->books as $isbn => $book) {
            $book->touch($isbn);
        }
        [$first, 'key' => $second] = $this->pair();
        $sorted = usort($this->books, function (Book $left, Book $right) use ($first): int {
            return strcmp($left->title, $right->title);
        });
        return match (true) {
            $sorted => $loan,
            default => null,
        };
    }

    abstract protected function pair(): array;
}

function total(iterable $items, callable $pick = null): float
{
    global $rate;
    static $calls = 0;
    $sum = 0.0;
    for ($i = 0; $i < 3; $i++) {
        $sum += $pick ? $pick($items[$i]) : format_name($items[$i]);
    }
    return $sum * $rate;
}

$library = Library::main();
$make = fn (string $name): Reader => new Reader($name);
echo total($library->books), PHP_EOL, \strlen(LIBRARY_NAME);
?>
<html><body><?= $library->name ?></body></html>
