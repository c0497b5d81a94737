using System.Buffers;

namespace Onetun.Forwarder.Logging;

/// <summary>How lines look. One line at a time: what is needed for one is used again for the next.</summary>
internal interface ILineFormatter
{
    /// <summary>Writes a line and its end as UTF-8.</summary>
    void Write(in LogLine line, IBufferWriter<byte> output);
}
