using Onetun.Tunnel.Names;
using Xunit;
using Judge = ARSoft.Tools.Net.Dns;

namespace Onetun.Tunnel.Tests;

/// <summary>What is sent to resolvers, as another implementation reads it.</summary>
public sealed class DnsQuestionTests
{
    [Theory]
    [InlineData("db.internal", "db.internal.", false)]
    [InlineData("db.internal.", "db.internal.", true)]
    [InlineData("DB", "DB.", true)]
    [InlineData("bücher.example", "xn--bcher-kva.example.", false)]
    [InlineData("_under_score.example", "_under_score.example.", true)]
    public void A_question_asks_one_thing_of_a_name_in_ASCII_and_for_recursion(string host, string name, bool isIPv6)
    {
        Assert.True(DnsName.TryEncode(host, out var encoded));
        var question = DnsQuestion.Create(encoded, isIPv6 ? DnsRecordType.Aaaa : DnsRecordType.A);
        var read = Judge.DnsMessage.Parse(new ArraySegment<byte>(question.Message.ToArray()));
        var asked = Assert.Single(read.Questions);
        Assert.Equal(name, asked.Name.ToString());
        Assert.Equal(isIPv6 ? Judge.RecordType.Aaaa : Judge.RecordType.A, asked.RecordType);
        Assert.Equal(Judge.RecordClass.INet, asked.RecordClass);
        Assert.True(read.IsQuery);
        Assert.True(read.IsRecursionDesired);
        Assert.False(read.IsEDnsEnabled);
        Assert.Empty(read.AnswerRecords);
    }

    [Fact]
    public void Ids_of_questions_differ()
    {
        var ids = Enumerable.Range(0, 100).Select(_ => Convert.ToHexString(DnsQuestion.Create([0], DnsRecordType.A).Message.Span[..2]));
        Assert.InRange(ids.Distinct().Count(), 90, 100);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901234.example")]
    public void What_cannot_be_a_name_is_not_asked_for(string host)
    {
        Assert.False(DnsName.TryEncode(host, out _));
    }

    /// <summary>RFC 1035 §2.3.4.</summary>
    [Theory, InlineData(61, true), InlineData(62, false)]
    public void A_name_has_at_most_255_bytes(int lengthOfLast, bool isOne)
    {
        var label = new string('a', 63);
        Assert.Equal(isOne, DnsName.TryEncode($"{label}.{label}.{label}.{new string('b', lengthOfLast)}", out var name));
        Assert.Equal(isOne ? 255 : null, name?.Length);
    }
}
