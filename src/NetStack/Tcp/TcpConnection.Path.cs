namespace Onetun.NetStack;

/// <summary>What ICMP and the segments that get through show of the path.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>The path should be probed: it has not been for this connection, or it may have changed.</summary>
    public bool DoubtsPath
    {
        get => _doubtsPath && IsSynchronized;
        set => _doubtsPath = value;
    }

    /// <summary>The length of a packet's headers in bytes, without options other than timestamps.</summary>
    private int Headers => _template.IpHeaderLength + SegmentReader.TcpHeaderLength + _timestamps.Length;

    /// <summary>
    /// An ICMP error about a segment of ours (RFC 9293 §3.9.2.2). It is fatal only in SYN-SENT; later it is the reason that is
    /// given if the connection times out.
    /// </summary>
    public void OnUnreachable(TcpEnd reason)
    {
        WantOutput();
        if (State is TcpState.SynSent)
        {
            Fail(reason);
        }

        _softError = reason;
    }

    /// <summary>Packet Too Big about a segment of ours (RFC 1191 §3, RFC 8201 §4).</summary>
    public void OnPacketTooBig(TimeSpan now, uint mtu)
    {
        WantOutput();
        var path = PathMtus.Believed(Flow.Remote, mtu);
        if (OnPathNarrowed(path))
        {
            _settings.Paths.Learn(now, Flow.Remote, path);
        }
    }

    /// <summary>The path MTU is known to be no more than this; false if that changes nothing.</summary>
    public bool OnPathNarrowed(int mtu)
    {
        WantOutput();
        var size = mtu - Headers;
        _blackHole.OnNarrowed(size);
        if (size >= Sender.SegmentSize || !IsSynchronized)
        {
            return false;
        }

        _blackHole.Stop();
        Sender.ShrinkSegments(size);
        return true;
    }

    /// <summary>Forgets which segments got through.</summary>
    public void ForgetPassed() => _longestPassed = 0;

    /// <summary>Segments got through, either way, that a path of this MTU would not have carried.</summary>
    public bool HasPassed(int mtu) => _longestPassed > mtu - Headers;

    private void OnPassed(int length) => _longestPassed = Math.Max(_longestPassed, length);

    private void CheckBlackHole()
    {
        if (_blackHole.TryShrink(_retryLimit.Retries, Headers, Sender.SegmentSize, Sender.HeadLength, out var smaller))
        {
            Sender.ShrinkSegments(smaller);
        }
    }

    private void OnPathAnswers(TimeSpan now, int longest)
    {
        OnPassed(longest);
        var found = _blackHole.OnAcknowledged(Headers, longest);
        if (found.PathMtu > 0)
        {
            _settings.Paths.Learn(now, Flow.Remote, found.PathMtu);
        }

        if (found.Restored > 0)
        {
            Sender.SetSegmentSize(found.Restored);
            _doubtsPath = true;
        }
    }
}
