using System.Buffers.Binary;
using NSec.Cryptography;

namespace Onetun.NetStack;

/// <summary>The values of a flow that an attacker must not guess, from a keyed hash of it.</summary>
internal sealed class FlowSecret
{
    /// <summary>Bytes of a secret: 32.</summary>
    public const int Size = 32;

    private readonly byte[] _secret;

    public FlowSecret(ReadOnlySpan<byte> secret)
    {
        if (secret.Length != Size)
        {
            throw new ArgumentException($"The secret of a stack is {Size} bytes.", nameof(secret));
        }

        _secret = secret.ToArray();
    }

    public FlowKeyComparer Comparer => new(
        BinaryPrimitives.ReadUInt64LittleEndian(_secret) | 1, BinaryPrimitives.ReadUInt64LittleEndian(_secret.AsSpan(8)) | 1);

    /// <summary>
    /// The initial sequence number, from a hash of the flow and a clock of 4 µs ticks (RFC 6528 §3), and the offset of
    /// timestamps (RFC 7323 §5.4).
    /// </summary>
    public (uint Sequence, uint StampOffset) Initial(TimeSpan now, in FlowKey flow)
    {
        var hash = Hash(flow, purpose: 0);
        return ((uint)hash + (uint)(now.Ticks / 40), (uint)(hash >> 32));
    }

    /// <summary>Where the search for an ephemeral port begins (RFC 6056 §3.3.3).</summary>
    public uint Port(in FlowKey flow) => (uint)Hash(flow, purpose: 1);

    /// <summary>The hash in a SYN cookie, which only we can compute (RFC 4987 §3.6).</summary>
    public uint Cookie(in FlowKey flow, ReadOnlySpan<byte> said) => (uint)Hash(flow, purpose: 2, said);

    private ulong Hash(in FlowKey flow, byte purpose, ReadOnlySpan<byte> said = default)
    {
        Span<byte> input = stackalloc byte[32 + 36 + 1 + said.Length];
        _secret.CopyTo(input);
        BinaryPrimitives.WriteUInt128BigEndian(input[32..], flow.Local.Value);
        BinaryPrimitives.WriteUInt128BigEndian(input[48..], flow.Remote.Value);
        BinaryPrimitives.WriteUInt16BigEndian(input[64..], flow.LocalPort);
        BinaryPrimitives.WriteUInt16BigEndian(input[66..], flow.RemotePort);
        input[68] = purpose;
        said.CopyTo(input[69..]);
        Span<byte> hash = stackalloc byte[HashAlgorithm.Sha256.HashSize];
        HashAlgorithm.Sha256.Hash(input, hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}
