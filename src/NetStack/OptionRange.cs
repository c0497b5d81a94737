using System.Runtime.CompilerServices;

namespace Onetun.NetStack;

/// <summary>The bounds of an option, kept where it is set: options out of range do not exist.</summary>
internal static class OptionRange
{
    /// <exception cref="ArgumentOutOfRangeException">It is less; named after the option.</exception>
    public static T AtLeast<T>(T least, T value, [CallerMemberName] string option = "")
        where T : IComparable<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, option);
        return value;
    }

    /// <exception cref="ArgumentOutOfRangeException">It is outside; named after the option.</exception>
    public static T Between<T>(T least, T most, T value, [CallerMemberName] string option = "")
        where T : IComparable<T>
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, option);
        return AtLeast(least, value, option);
    }

    /// <exception cref="ArgumentNullException">It is null; named after the option.</exception>
    public static T NotNull<T>(T? value, [CallerMemberName] string option = "")
        where T : class
    {
        ArgumentNullException.ThrowIfNull(value, option);
        return value;
    }
}
