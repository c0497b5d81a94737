namespace Onetun.WireGuard;

/// <summary>What <see cref="Device.Receive"/> made of a datagram.</summary>
/// <param name="Outcome">What it was, or why it was dropped.</param>
/// <param name="Peer">The peer that sent it, if it is authentic; otherwise null.</param>
/// <param name="Offset">The byte of the datagram at which the inner packet begins, if there is one.</param>
/// <param name="Length">Bytes of the inner packet without padding; 0 if there is none.</param>
public readonly record struct ReceiveResult(DatagramOutcome Outcome, Peer? Peer = null, int Offset = 0, int Length = 0);
