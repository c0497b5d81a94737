using System.Buffers.Binary;
using System.Net;
using CsCheck;
using Onetun.Tunnel.Names;
using Xunit;
using Judge = ARSoft.Tools.Net.Dns;

namespace Onetun.Tunnel.Tests;

/// <summary>What is taken from resolvers (RFC 1035 §4), compared with what another implementation makes of it.</summary>
public sealed class DnsAnswerTests
{
    private const ushort Response = 0x8180;
    private const ushort Alias = 5;
    private const ushort Internet = 1;

    private static readonly DnsQuestion Question = new(0x1234, [2, .. "db"u8, 8, .. "internal"u8, 0], DnsRecordType.A);

    // The question's name, by a pointer (RFC 1035 §4.1.4)
    private static readonly byte[] Pointer = [0xC0, 12];

    private static readonly byte[] Address = [192, 168, 4, 2];

    [Fact]
    public void Addresses_at_the_end_of_aliases_are_taken_with_the_shortest_life()
    {
        byte[] target = [3, .. "sql"u8, 0xC0, 15];
        var answer = Read(
            Message(Response, Record(Pointer, Alias, 30, target), Record(target, 1, 60, Address), Record(target, 1, 90, [10, 0, 0, 1])))!;
        Assert.Equal(["192.168.4.2", "10.0.0.1"], answer.Addresses.Select(address => address.ToString()));
        Assert.Equal(TimeSpan.FromSeconds(30), answer.TimeToLive);
        Assert.True(answer.IsOfName);
        Assert.False(answer.IsTruncated);
    }

    [Fact]
    public void IPv6_addresses_are_taken_where_they_were_asked_for()
    {
        var question = new DnsQuestion(7, [0], DnsRecordType.Aaaa);
        byte[] message =
        [
            0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 28, 0, 1, .. Record([0], 28, 60, IPAddress.Parse("fd00::2").GetAddressBytes()),
        ];
        Assert.Equal("fd00::2", Assert.Single(DnsAnswer.TryRead(message, question)!.Addresses).ToString());
    }

    /// <summary>RFC 5452 §9.1.</summary>
    [Theory]
    [InlineData(0, 0x13, "the ID")]
    [InlineData(2, 0x01, "a question itself")]
    [InlineData(2, 0x89, "the operation")]
    [InlineData(5, 2, "two questions")]
    [InlineData(13, (byte)'x', "the name")]
    [InlineData(25, 28, "the type")]
    [InlineData(27, 3, "the class")]
    public void What_answers_another_question_is_no_answer(int offset, byte value, string what)
    {
        var message = Message(Response, Record(Pointer, 1, 60, Address));
        Assert.NotNull(Read(message));
        message[offset] = value;
        Assert.True(Read(message) is null, what);
    }

    [Fact]
    public void The_name_may_come_back_in_letters_of_the_other_case()
    {
        var message = Message(Response, Record(Pointer, 1, 60, Address));
        message[13] = (byte)'D';
        Assert.NotNull(Read(message));
    }

    /// <summary>RFC 2181 §9.</summary>
    [Fact]
    public void Nothing_of_a_truncated_answer_counts_wherever_it_breaks_off()
    {
        var message = Message(0x8380, Record(Pointer, 1, 60, Address));
        for (var length = Question.Message.Length; length <= message.Length; length++)
        {
            var answer = Read(message[..length])!;
            Assert.True(answer.IsTruncated);
            Assert.Empty(answer.Addresses);
        }
    }

    [Fact]
    public void An_answer_that_breaks_off_and_does_not_say_so_is_none()
    {
        var message = Message(Response, Record(Pointer, Alias, 60, [1, (byte)'a', 0]), Record([1, (byte)'a', 0], 1, 60, Address));
        Assert.NotNull(Read(message));
        Assert.All(Enumerable.Range(0, message.Length), length => Assert.Null(Read(message[..length])));
    }

    [Theory, InlineData(0, true), InlineData(1, false), InlineData(2, false), InlineData(3, true), InlineData(5, false)]
    public void A_resolver_that_fails_or_refuses_says_nothing_of_the_name(ushort code, bool isOfName)
    {
        var answer = Read(Message((ushort)(Response | code)))!;
        Assert.Equal(code, answer.Code);
        Assert.Equal(isOfName, answer.IsOfName);
    }

    [Fact]
    public void Records_of_other_types_classes_and_sizes_are_no_addresses()
    {
        var chaos = Record(Pointer, 1, 60, Address);
        chaos[5] = 3;
        var message = Message(
            Response, Record(Pointer, 28, 60, new byte[16]), chaos, Record(Pointer, 1, 60, new byte[5]), Record(Pointer, 1, 60, []));
        Assert.Empty(Read(message)!.Addresses);
    }

    /// <summary>RFC 2181 §8.</summary>
    [Theory, InlineData(int.MaxValue, int.MaxValue), InlineData(0x80000000, 0), InlineData(uint.MaxValue, 0)]
    public void A_life_of_more_than_31_bits_is_none(uint written, int seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read(Message(Response, Record(Pointer, 1, written, Address)))!.TimeToLive);
    }

    /// <summary>RFC 1035 §4.1.4: they begin with bits that are not defined.</summary>
    [Theory, InlineData(0x40), InlineData(0x80), InlineData(0xBF)]
    public void A_record_whose_name_has_neither_label_nor_pointer_is_none(byte first)
    {
        Assert.Null(Read(Message(Response, Record([first, .. new byte[255]], 1, 60, Address))));
    }

    [Fact]
    public void A_pointer_to_itself_leads_nowhere_and_holds_nothing_up()
    {
        byte[] itself = [0xC0, (byte)Question.Message.Length];
        Assert.Single(Read(Message(Response, Record(itself, 1, 60, Address)))!.Addresses);
    }

    [Fact]
    public void Answers_say_what_another_implementation_reads_in_them()
    {
        byte[][] names = [Pointer, [1, (byte)'a', 0xC0, 15], [1, (byte)'b', 0], [0]];
        (ushort Type, int Size)[] types = [(1, 4), (28, 16), (0xFF00, 7)];
        var records = Gen.Select(
            Gen.Int[0, names.Length - 1],
            Gen.Int[0, types.Length - 1],
            Gen.UInt[0, int.MaxValue],
            Gen.Byte.Array[16],
            (name, type, life, data) => Record(names[name], types[type].Type, life, data[..types[type].Size]));
        records.Array[1, 20].Sample(chosen =>
        {
            var message = Message(Response, chosen);
            var expected = Judge.DnsMessage.Parse(new ArraySegment<byte>(message));
            var answer = Read(message)!;
            Assert.Equal(expected.AnswerRecords.OfType<Judge.ARecord>().Select(record => record.Address), answer.Addresses);
            Assert.Equal(expected.AnswerRecords.Min(record => record.TimeToLive), answer.TimeToLive.TotalSeconds);
        });
    }

    [Fact]
    public void Whatever_bytes_come_nothing_is_thrown()
    {
        var message = Message(Response, Record(Pointer, Alias, 60, [1, (byte)'a', 0]), Record([1, (byte)'a', 0], 1, 60, Address));
        var start = Question.Message.Length;
        Gen.Select(Gen.Int[start, message.Length - 1], Gen.Byte).Array[0, 6].Sample(changes =>
        {
            var changed = message.ToArray();
            foreach (var (offset, value) in changes)
            {
                changed[offset] = value;
            }

            Read(changed);
        });
        Gen.Byte.Array[0, 300].Sample(bytes =>
        {
            Read(bytes);
            Read([.. Message(Response).AsSpan(0, 6), 0xFF, 0xFF, 0, 0, 0, 0, .. Question.Message.Span[12..], .. bytes]);
        });
    }

    private static DnsAnswer? Read(byte[] message) => DnsAnswer.TryRead(message, Question);

    private static byte[] Message(ushort flags, params byte[][] answers) =>
    [
        .. Question.Message.Span[..2], .. Big(flags), 0, 1, .. Big((ushort)answers.Length), 0, 0, 0, 0,
        .. Question.Message.Span[12..], .. answers.SelectMany(answer => answer),
    ];

    private static byte[] Record(byte[] name, ushort type, uint timeToLive, byte[] data)
    {
        var life = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(life, timeToLive);
        return [.. name, .. Big(type), .. Big(Internet), .. life, .. Big((ushort)data.Length), .. data];
    }

    private static byte[] Big(ushort value) => [(byte)(value >> 8), (byte)value];
}
