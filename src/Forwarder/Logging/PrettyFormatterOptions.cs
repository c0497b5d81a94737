using Microsoft.Extensions.Logging.Console;

namespace Onetun.Forwarder.Logging;

/// <summary>How log lines look.</summary>
internal sealed class PrettyFormatterOptions : ConsoleFormatterOptions
{
    /// <summary>Whether levels are coloured and targets bold.</summary>
    public bool Colors { get; set; }

    /// <summary>What the lines are stamped with.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;
}
