using System.Buffers;

namespace Onetun.NetStack.Tests;

/// <summary>Knows which arrays are out, refuses one that is not, and spoils those that come back.</summary>
internal sealed class CountingPool : ArrayPool<byte>
{
    private readonly HashSet<byte[]> _out = [];

    public int Outstanding => _out.Count;

    public int OutstandingBytes => _out.Sum(array => array.Length);

    public override byte[] Rent(int minimumLength)
    {
        var array = new byte[minimumLength];
        Array.Fill(array, (byte)0xAA);
        _out.Add(array);
        return array;
    }

    public override void Return(byte[] array, bool clearArray = false)
    {
        Assert.True(_out.Remove(array), "An array came back that was not out.");
        Array.Fill(array, (byte)0xCC);
    }
}
