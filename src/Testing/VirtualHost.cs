using System.Net;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.Tunnel.Names;
using Onetun.WireGuard;

namespace Onetun.Testing;

/// <summary>
/// A host of a <see cref="VirtualNetwork"/>: the <see cref="TunnelNetwork"/> that a program under test is given in place of a
/// <see cref="WireGuardTunnel"/>. All members may be called from any thread.
/// </summary>
/// <remarks>
/// An address that no host has is unreachable at once, a port that nobody listens on refuses, and a host that is disposed, or behind a
/// partition, is silent, so that a connection to it times out.
/// </remarks>
public sealed class VirtualHost : TunnelNetwork
{
    private readonly VirtualDriver _driver;
    private readonly HostNames _names;
    private readonly Fabric _fabric;
    private readonly TimeSpan _disposeTimeout;
    private volatile bool _isDisposed;

    internal VirtualHost(VirtualDriver driver, PublicKey key, Fabric fabric, HostNames names, TimeSpan disposeTimeout)
        : base(driver, fabric.Time, knowsNames: true)
    {
        (_driver, PublicKey, _fabric, _names, _disposeTimeout) = (driver, key, fabric, names, disposeTimeout);
    }

    /// <summary>Its name, by which others of the network find its addresses; also with <c>.test</c> behind it.</summary>
    public string Name => _driver.Name;

    /// <summary>
    /// The public key by which the others know it. It follows from the seed of the network and the name, and nobody has the private key.
    /// </summary>
    public override PublicKey PublicKey { get; }

    /// <summary>Whether it has been disposed.</summary>
    public bool IsDisposed => _isDisposed;

    /// <summary>The public key of the host that has an address, or had it last; null if none has.</summary>
    public override PublicKey? FindPeer(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return _fabric.Find(IpAddress.From(address)) is { } found ? _names.Find(found.Name)?.PublicKey : null;
    }

    /// <summary>
    /// Disposes all its sockets and listeners at once. What was written to its connections is still delivered as time goes on, for at most
    /// <see cref="VirtualHostOptions.DisposeTimeout"/>, which this does not wait for; then connections that are left are reset, and the host
    /// is silent. To have it silent from one moment to the next, cut it off by <see cref="VirtualNetwork.Isolate"/> before.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        await EndForwardsAsync().ConfigureAwait(false);
        _driver.Close(_disposeTimeout);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Addresses[0].Address})";

    /// <summary>Ends it without a word.</summary>
    internal void Kill()
    {
        _isDisposed = true;
        _driver.Kill();
    }

    /// <inheritdoc/>
    internal override VirtualDriver Driver
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _driver;
        }
    }

    /// <inheritdoc/>
    internal override Task<NameAnswer> LookUpAsync(string host)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);

        // It may be another's in a moment
        return Task.FromResult(new NameAnswer([.. _names.Find(host)?.Addresses.Select(ours => ours.Address) ?? []], TimeSpan.Zero));
    }

    /// <inheritdoc/>
    internal override void SendTogether<T>(T state, Action<T> action) => Driver.InOneTurn(state, action);
}
