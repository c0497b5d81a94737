namespace Onetun.Forwarder.Logging;

/// <summary>How log lines look.</summary>
internal enum LogFormat
{
    /// <summary>As the Rust onetun writes them.</summary>
    Pretty,

    /// <summary>One object a line, with every value by its name.</summary>
    Json,
}
