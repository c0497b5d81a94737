namespace Onetun.NetStack;

/// <summary>The message types of RFC 792 and RFC 4443 that the stack knows by name.</summary>
internal static class IcmpType
{
    public const byte EchoReply = 0;
    public const byte Unreachable = 3;
    public const byte SourceQuench = 4;
    public const byte Redirect = 5;
    public const byte EchoRequest = 8;
    public const byte TimeExceeded = 11;
    public const byte ParameterProblem = 12;

    public const byte UnreachableV6 = 1;
    public const byte PacketTooBigV6 = 2;
    public const byte TimeExceededV6 = 3;
    public const byte ParameterProblemV6 = 4;
    public const byte EchoRequestV6 = 128;
    public const byte EchoReplyV6 = 129;
    public const byte RedirectV6 = 137;

    /// <summary>Whether no error may be sent about a message of this type (RFC 1122 §3.2.2, RFC 4443 §2.4 (e)).</summary>
    public static bool IsError(int version, byte type) => version == 4
        ? type is Unreachable or SourceQuench or Redirect or TimeExceeded or ParameterProblem
        : type is < EchoRequestV6 or RedirectV6;
}
