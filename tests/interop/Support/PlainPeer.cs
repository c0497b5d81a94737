namespace Onetun.Interop;

/// <summary>The peer as most configure it.</summary>
public sealed class PlainPeer : WireGuardPeer;

/// <summary>The tests that share it; classes that take long have one of their own, and run beside these.</summary>
[CollectionDefinition(nameof(PlainPeer))]
public sealed class PlainPeerCollection : ICollectionFixture<PlainPeer>;
