// Bookings, and the desk that takes them.
using System;
using System.Collections.Generic;
using static System.Math;
using Json = Newtonsoft.Json.JsonConvert;
global using System.Linq;

namespace Acme.Hotel.Desk
{
    /// <summary>What a booking can be.</summary>
    public enum State { Open, Paid = 3 }

    /// <summary>
    /// Everything with a price.
    /// </summary>
    public interface IPriced<T> : IDisposable where T : struct
    {
        decimal Price { get; }
        T Rate(int days, string currency = "EUR");
        event EventHandler Changed;
    }

    public delegate void Handler(Booking booking, int count);

    [Serializable]
    [Table("bookings", Schema = "hotel", Comment = "all of the bookings")]
    public abstract partial class Booking : Entity<Guid>, IPriced<decimal>
    {
        public const int MaxGuests = 4;
        private readonly List<Guest> guests = new();
        protected static int count, total = 0;

        public State State { get; private set; } = State.Open;
        public Room Room => rooms[0];
        public event EventHandler Changed;
        public string this[int index] => guests[index].Name;

        // Makes a booking.
        protected Booking(Room room, params Guest[] more) : base(Guid.NewGuid())
        {
            this.Room2 = room;
            guests.AddRange(more);
            var store = new Store<Booking>(room.Id);
            store.Save(this);
        }

        ~Booking() { Close(); }

        [Obsolete]
        public async Task<Receipt?> PayAsync(Card card, CancellationToken token = default)
        {
            if (card is not { Valid: true } || State == State.Paid) throw new InvalidOperationException(nameof(card));
            using var connection = await factory.OpenAsync(token);
            try
            {
                Receipt receipt = await connection.ChargeAsync(card, Price);
                State = State.Paid;
                Changed?.Invoke(this, EventArgs.Empty);
                return receipt;
            }
            catch (PaymentException error) when (error.Code > 3)
            {
                logger.LogWarning("cannot pay {Id}", Id);
            }
            foreach (Guest guest in guests) guest.Touch();
            int Local(int x) => x + count;
            return Local(2) > 1 ? null : default(Receipt);
        }

        public abstract decimal Price { get; }
        public decimal Rate(int days, string currency) => Round(Price / days, 2);
        public static Booking operator +(Booking left, Booking right) => left;
        public static implicit operator string(Booking booking) => booking.ToString();
        internal T Find<T>(Func<T, bool> pick) where T : class => guests.OfType<T>().FirstOrDefault(item => pick(item));

        private class Nested { public int Depth; }
    }

    public struct Point
    {
        public double X, Y;
        public Point(double x, double y) { X = x; Y = y; }
    }

    public record Guest(string Name, int Age) : Person(Name)
    {
        public string Label => $"{Name} ({Age})";
    }

    public static class Extensions
    {
        public static string Shout(this string text) => text.ToUpper();
    }
}

namespace Acme.Flat;

public class Program
{
    public static void Main(string[] args)
    {
        var room = new Room { Number = 7, Beds = { new Bed() } };
        Dictionary<string, Room> rooms = new() { ["a"] = room };
        var names = from guest in room.Guests where guest.Age > 3 select guest.Name;
        Console.WriteLine(string.Join(",", names.Select(name => name.Shout())));
        if (rooms.TryGetValue("a", out var found)) found?.Open();
        (int left, var right) = Split(args);
        Handler handler = delegate (Booking booking, int count) { };
        object value = room switch { Room { Number: > 3 } big => big.Number, _ => 0 };
    }
}
