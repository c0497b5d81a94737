using Onetun.Capture;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// What leaves a device, in two batches: one is filled under the lock of the stack, while the other is sealed and sent under a lock
/// of its own. That is taken before the first is given up, so that all leaves in the order in which it was made, and at most one
/// thread seals.
/// </summary>
internal sealed class Departures : IDisposable
{
    /// <summary>Three runs of 44 full datagrams: what one system call sends.</summary>
    private const int MaxDatagrams = 132;

    private readonly Device _device;
    private readonly IUdpTransport _transport;
    private readonly Taps _taps;
    private readonly FaultReports _faults;
    private readonly Action<Departure, Exception> _sealingFailed;
    private readonly Lock _leaving = new();
    private readonly DatagramCopies _opened = new();
    private DatagramBatch _batch;
    private (Departure Departure, Exception Fault)? _unsealed;
    private Exception? _unsent;

    public Departures(Device device, IUdpTransport transport, Taps taps, FaultReports faults)
    {
        (_device, _transport, _taps, _faults) = (device, transport, taps, faults);
        _sealingFailed = (departure, fault) => _unsealed ??= (departure, fault);
        SlotLength = device.Mtu + 64;
        Filling = new DatagramBatch(MaxDatagrams * SlotLength, MaxDatagrams);
        _batch = new DatagramBatch(MaxDatagrams * SlotLength, MaxDatagrams);
    }

    /// <summary>Bytes that a datagram may need.</summary>
    public int SlotLength { get; }

    /// <summary>What is filled; to be used under the lock of the stack.</summary>
    public DatagramBatch Filling { get; private set; }

    /// <summary>What the transport has counted.</summary>
    public UdpStatistics Statistics
    {
        get
        {
            lock (_leaving)
            {
                return _transport.Statistics;
            }
        }
    }

    /// <summary>
    /// Has what is filled leave, with <see cref="TryLeave"/>, which the caller has to call once it has given up the lock of the stack.
    /// </summary>
    public void Begin(TimeSpan now)
    {
        if (Filling.Count > 0)
        {
            TryLeave(); // What the caller has begun before
            _leaving.Enter();
            ConcludeLatest(now);
            (Filling, _batch) = (_batch, Filling);
        }
    }

    /// <summary>Seals and sends what the caller has begun, if it has. False if that has failed, for <see cref="Conclude"/>.</summary>
    public bool TryLeave()
    {
        if (!_leaving.IsHeldByCurrentThread)
        {
            return true;
        }

        try
        {
            if (_taps.ShowOuter)
            {
                SealAndShow();
            }
            else
            {
                _batch.Seal(_sealingFailed);
            }

            _transport.Send(_batch);
        }
        catch (Exception fault)
        {
            _unsent = fault;
        }

        var hasLeft = _unsealed is null && _unsent is null && _batch.Refused.IsNone;
        _leaving.Exit();
        return hasLeft;
    }

    /// <summary>Tells the device what has failed; under the lock of the stack.</summary>
    public void Conclude(TimeSpan now)
    {
        lock (_leaving)
        {
            ConcludeLatest(now);
        }
    }

    /// <summary>Wipes both batches; under the lock of the stack.</summary>
    public void Dispose()
    {
        Filling.Dispose();
        lock (_leaving)
        {
            _batch.Dispose();
            _opened.Dispose();
        }
    }

    /// <summary>Those who watch are shown what each datagram carries, which is still to be read before it is sealed.</summary>
    private void SealAndShow()
    {
        _opened.Clear();
        for (var i = 0; i < _batch.Count; i++)
        {
            _opened.Add(_batch[i]);
        }

        _batch.Seal(_sealingFailed);
        for (var i = 0; i < _batch.Count; i++)
        {
            var carried = Device.IsPacket(_opened[i]) ? _opened[i][Device.HeaderLength..^Device.TagLength] : default;
            _taps.Outer(PacketDirection.Outbound, _batch.EndPointOf(i), _batch.EcnOf(i), _batch[i], carried, _batch.RemarkOn(i));
        }
    }

    private void ConcludeLatest(TimeSpan now)
    {
        if (!_batch.Refused.IsNone)
        {
            _device.ForgetSource(_batch.Refused);
        }

        if (_unsealed is { } unsealed)
        {
            _unsealed = null;
            _device.OnSealingFailed(now, unsealed.Departure, unsealed.Fault);
        }

        if (_unsent is not null)
        {
            _faults.Add("what was to be sent", _unsent);
            _unsent = null;
        }

        _batch.Clear();
    }
}
