using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Logging;
using Onetun.Tests.Support;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class LogTests
{
    [Fact]
    public async Task Events_stand_in_the_order_of_their_ids_each_of_its_own()
    {
        var source = await File.ReadAllTextAsync(
            Path.Combine(Checkout.Root, "src", "Forwarder", "Logging", "Log.cs"), TestContext.Current.CancellationToken);
        var ids = Regex.Matches(source, @"\[LoggerMessage\((\d+),").Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        Assert.NotEmpty(ids);
        Assert.Equal(ids.Distinct().Order(), ids);
    }

    [Fact]
    public void An_event_has_the_name_of_its_method()
    {
        var events = typeof(Log).GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Select(method => (method.Name, Event: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .ToList();
        Assert.NotEmpty(events);
        Assert.All(events, pair => Assert.Equal(pair.Name, pair.Event?.EventName));
    }
}
