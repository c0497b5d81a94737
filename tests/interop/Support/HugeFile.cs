namespace Onetun.Interop;

/// <summary>The file of 100 MB that every peer serves: AES-128-CTR of zeroes under a zero key, made by openssl.</summary>
internal static class HugeFile
{
    public const string Name = "100mb";
    public const long Length = 100_000_000;

    public const string Digest = "fe52a660107db982ec4a7e894f611077bd419769022046030edc25e56c11be1b";
}
