namespace Onetun.WireGuard;

/// <summary>The result of <see cref="Device.Receive"/>.</summary>
/// <param name="Outcome">What the datagram was.</param>
/// <param name="Peer">Whose it is, as far as that is authentic.</param>
/// <param name="Offset">Where in the datagram the inner packet begins, if there is one.</param>
/// <param name="Length">Its length without padding.</param>
public readonly record struct ReceiveResult(DatagramOutcome Outcome, Peer? Peer = null, int Offset = 0, int Length = 0);
