namespace Onetun.NetStack;

/// <summary>A port that receives datagrams from any sender, with those not yet read.</summary>
internal sealed class UdpInbox(ListenEnd end, int capacity, UdpMemory memory) : UdpReceiver(capacity, memory), IUdpListener
{
    public ListenEnd End => end;
}
