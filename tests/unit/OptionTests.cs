using System.Globalization;
using System.Net;
using System.Reflection;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Architecture.Tests;

/// <summary>The options of both cores: one out of its range is refused in words that name it and its value.</summary>
public sealed class OptionTests : IDisposable
{
    private static readonly Type[] Records =
    [
        typeof(DeviceOptions), typeof(PeerOptions), typeof(IpStackOptions), typeof(TcpOptions), typeof(TcpSocketOptions),
        typeof(UdpOptions),
    ];

    /// <summary>Those that any value of their type is good for.</summary>
    private static readonly string[] Unbounded = ["PeerOptions.PresharedKey", "PeerOptions.EndPoint"];

    private readonly PrivateKey _key = PrivateKey.Generate();

    /// <summary>The option, and values out of its range: at both ends, where there are two.</summary>
    public static TheoryData<string, object?[]> OutOfRange => new()
    {
        { "DeviceOptions.PrivateKey", [null] },
        { "DeviceOptions.Mtu", [67, 65_476] },
        { "DeviceOptions.MaxStagedPacketsPerPeer", [0] },
        { "DeviceOptions.MaxStagedPackets", [0] },
        { "DeviceOptions.AeadLibrary", [(AeadLibrary)99] },
        { "DeviceOptions.MaxPeers", [0, 65_537] },
        { "DeviceOptions.MaxHandshakesPerSecond", [0] },
        { "DeviceOptions.MaxQueuedHandshakes", [0] },
        { "DeviceOptions.MaxRateLimitedSources", [0] },
        { "PeerOptions.PublicKey", [default(PublicKey)] },
        { "PeerOptions.AllowedIPs", [null] },
        { "PeerOptions.PersistentKeepalive", [TimeSpan.FromTicks(-1), TimeSpan.FromSeconds(65_536)] },
        { "IpStackOptions.Addresses", [null, Array.Empty<InterfaceAddress>()] },
        { "IpStackOptions.Secret", [default(ReadOnlyMemory<byte>), (ReadOnlyMemory<byte>)new byte[31]] },
        { "IpStackOptions.Mtu", [575, 65_536] },
        { "IpStackOptions.Tcp", [null] },
        { "IpStackOptions.Udp", [null] },
        { "TcpOptions.Socket", [null] },
        { "TcpOptions.CongestionControl", [(CongestionControl)99] },
        { "TcpOptions.HandshakeTimeout", [TimeSpan.Zero] },
        { "TcpOptions.InitialReceiveBuffer", [535] },
        { "TcpOptions.InitialSendBuffer", [0] },
        { "TcpOptions.BufferMemory", [-1L] },
        { "TcpOptions.MaxConnections", [0] },
        { "TcpOptions.Backlog", [0] },
        { "TcpSocketOptions.KeepAlive", [TimeSpan.FromTicks(-1)] },
        { "TcpSocketOptions.Linger", [TimeSpan.FromTicks(-1)] },
        { "TcpSocketOptions.UserTimeout", [TimeSpan.FromTicks(-1)] },
        { "TcpSocketOptions.MaxReceiveBuffer", [535] },
        { "TcpSocketOptions.MaxSendBuffer", [0] },
        { "UdpOptions.MaxFlows", [-1] },
        { "UdpOptions.ReceiveBuffer", [-1] },
        { "UdpOptions.ReceiveMemory", [-1] },
        { "UdpOptions.Backlog", [0] },
    };

    public void Dispose() => _key.Dispose();

    [Theory]
    [MemberData(nameof(OutOfRange), DisableDiscoveryEnumeration = true)]
    public void Option_out_of_range_is_named_with_its_value(string option, object?[] values)
    {
        var property = Options().Single(one => NameOf(one) == option);
        Assert.All(values, value =>
        {
            var options = Valid(property.DeclaringType!);
            var error = Assert.ThrowsAny<ArgumentException>(() => Use(options, property, value));
            Assert.Equal(property.Name, error.ParamName);
            Assert.Contains(property.Name, error.Message, StringComparison.Ordinal);
            Assert.Contains(Shown(value), error.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Option_that_is_not_a_switch_has_its_case()
    {
        var cases = OutOfRange.Select(row => row.Data.Item1).Concat(Unbounded);
        Assert.Equal(
            Options().Where(one => one.PropertyType != typeof(bool)).Select(NameOf).Order(StringComparer.Ordinal),
            cases.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<PropertyInfo> Options() =>
        Records.SelectMany(record => record.GetProperties()).Where(property => property.SetMethod is not null);

    private static string NameOf(PropertyInfo property) => $"{property.DeclaringType!.Name}.{property.Name}";

    private static string Shown(object? value) => value switch
    {
        null => "null",
        PublicKey => "default",
        ReadOnlyMemory<byte> secret => $" {secret.Length} bytes",
        InterfaceAddress[] none => $"('{none.Length}')",
        Enum => Convert.ToInt32(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
        _ => $"('{value}')",
    };

    /// <summary>Sets an option and, where that is not what checks it, uses it.</summary>
    private static void Use(object options, PropertyInfo property, object? value)
    {
        property.SetMethod!.Invoke(options, BindingFlags.DoNotWrapExceptions, null, [value], null);
        if (options is DeviceOptions device)
        {
            new Device(device, new SystemEnvironment(Clock.Instance)).Dispose();
        }
    }

    private object Valid(Type record) => record switch
    {
        _ when record == typeof(DeviceOptions) => new DeviceOptions { PrivateKey = _key },
        _ when record == typeof(PeerOptions) => new PeerOptions { PublicKey = _key.PublicKey },
        _ when record == typeof(IpStackOptions) => new IpStackOptions
        {
            Addresses = [IPAddress.Parse("10.0.0.1")],
            Secret = new byte[32],
        },
        _ => Activator.CreateInstance(record)!,
    };
}
