namespace Onetun.NetStack;

/// <summary>What is known of the path: what it does not carry, by what it says or by what arrives.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>The path should be looked at: nobody did for this connection yet, or it does not do what it did.</summary>
    public bool DoubtsPath
    {
        get => _doubtsPath && IsSynchronized;
        set => _doubtsPath = value;
    }

    /// <summary>What a packet takes besides the payload of its segment, options that come and go apart.</summary>
    private int Headers => _template.IpHeaderLength + SegmentReader.TcpHeaderLength + _timestamps.Length;

    /// <summary>
    /// An ICMP error about a segment of ours (RFC 9293 §3.9.2.2): fatal only before the connection stands, and later the
    /// reason if nothing else comes.
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

    /// <summary>The path is known to take no more than this; false if that changes nothing.</summary>
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

    /// <summary>Nothing is known to have passed yet.</summary>
    public void ForgetPassed() => _longestPassed = 0;

    /// <summary>Segments came through, either way, that a path of this MTU would not have carried.</summary>
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
