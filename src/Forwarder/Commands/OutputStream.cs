using Onetun.Tunnel.Forwarding;

namespace Onetun.Forwarder.Commands;

/// <summary>A stream of which there is only what takes the bytes, at once.</summary>
internal sealed class OutputStream(Action<byte[], int, int> write) : UnseekableStream
{
    public override bool CanRead => false;

    public override bool CanWrite => true;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => write(buffer, offset, count);
}
