using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Commands;

/// <summary>A text that is piped in, in whatever encoding; nothing is read before it is wanted.</summary>
internal sealed class StandardInput(Stream stream) : TextReader
{
    /// <inheritdoc/>
    public override string ReadToEnd() => EncodedText.Read(stream, "standard input");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            stream.Dispose();
        }

        base.Dispose(disposing);
    }
}
