namespace Onetun.Forwarder.Configuration;

/// <summary>
/// A configuration with the value of an option in it; the same one, and a fault, if the value cannot be read.
/// </summary>
internal delegate ForwarderConfiguration Effect(ForwarderConfiguration configuration, Setting setting, FaultList faults);

/// <summary>Effects of the usual kinds of values.</summary>
internal static class Effects
{
    /// <summary>The most seconds of any option: a day.</summary>
    public const int LongestTime = 86_400;

    /// <summary>A whole number.</summary>
    public static Effect Number(
        int minimum, int maximum, string failure, string unit, Func<ForwarderConfiguration, int, ForwarderConfiguration> apply) =>
        (configuration, setting, faults) => NumberReader.Read(setting, minimum, maximum, failure, faults, unit) is { } number
            ? apply(configuration, number)
            : configuration;

    /// <summary>Seconds, up to a day.</summary>
    public static Effect Seconds(
        int minimum, string failure, Func<ForwarderConfiguration, TimeSpan, ForwarderConfiguration> apply) =>
        Number(minimum, LongestTime, failure, " seconds", (configuration, number) => apply(configuration, TimeSpan.FromSeconds(number)));

    /// <summary>One of the names of an enumeration.</summary>
    public static Effect Choice<T>(string option, Func<ForwarderConfiguration, T, ForwarderConfiguration> apply)
        where T : struct, Enum =>
        (configuration, setting, faults) => ChoiceReader.Read<T>(setting, option, faults) is { } choice
            ? apply(configuration, choice)
            : configuration;
}
