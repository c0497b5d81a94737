using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Commands;

/// <summary>Text that is piped in, in any encoding; nothing is read before it is asked for.</summary>
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
