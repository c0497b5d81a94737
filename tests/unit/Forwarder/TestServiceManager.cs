using System.Net.Sockets;
using System.Text;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Hosting;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>A service manager as a process sees it: a socket that takes datagrams.</summary>
internal sealed class TestServiceManager : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("onetun");
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    /// <param name="isAbstract">Its socket has a name that is no file, which only Linux has.</param>
    public TestServiceManager(bool isAbstract = false)
    {
        Address = isAbstract ? $"@onetun-{Guid.NewGuid():N}" : Path.Combine(_directory.FullName, "notify");
        _socket.Bind(new UnixDomainSocketEndPoint(Address.Replace('@', '\0')));
        Variables["NOTIFY_SOCKET"] = Address;
    }

    /// <summary>What stands in NOTIFY_SOCKET.</summary>
    public string Address { get; }

    /// <summary>What a process finds in its environment.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>What has come by now and was not asked for.</summary>
    public bool IsQuiet => _socket.Available == 0;

    /// <summary>What a process makes of its environment.</summary>
    public ServiceManager Find() => ServiceManager.Find(new Machine { Variable = name => Variables.GetValueOrDefault(name) });

    /// <summary>The next datagram that has a word in it.</summary>
    public async Task<string> ReceiveAsync(string word = "")
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        var buffer = new byte[4096];
        while (true)
        {
            var text = Encoding.UTF8.GetString(buffer, 0, await _socket.ReceiveAsync(buffer, patience.Token));
            if (text.Contains(word, StringComparison.Ordinal))
            {
                return text;
            }
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _directory.Delete(recursive: true);
    }
}
