using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Onetun.AspNetCore;

namespace Greetings;

/// <summary>What greeter.proto promises. It knows who calls without a password: WireGuard has authenticated the peer.</summary>
internal sealed class GreeterService : Greeter.GreeterBase
{
    private static readonly string[] Words = ["Hello", "Bonjour", "Hallo"];

    public override Task<Greeting> Greet(Person request, ServerCallContext context) =>
        Task.FromResult(Say(Words[0], request, context));

    public override async Task GreetInLanguages(
        Person request, IServerStreamWriter<Greeting> responseStream, ServerCallContext context)
    {
        foreach (var word in Words)
        {
            await responseStream.WriteAsync(Say(word, request, context), context.CancellationToken);
        }
    }

    private static Greeting Say(string word, Person person, ServerCallContext context)
    {
        var http = context.GetHttpContext();
        var peer = http.Features.GetRequiredFeature<ITunnelConnectionFeature>().Peer;
        return new Greeting { Text = $"{word}, {person.Name} at {http.Connection.RemoteIpAddress}", Peer = $"{peer}" };
    }
}
