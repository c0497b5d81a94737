namespace Onetun.Interop;

/// <summary>The peer as most configure it.</summary>
public sealed class PlainPeer : WireGuardPeer;

/// <summary>The tests that share it.</summary>
[CollectionDefinition(nameof(PlainPeer))]
public sealed class PlainPeerCollection : ICollectionFixture<PlainPeer>;
