using System.Collections.Concurrent;
using System.Security.Claims;
using Onetun.WireGuard;
using WebApi;

// A web API that only the peers of a WireGuard network reach, and that knows them by their keys. The network is the section
// "Office" of the configuration; where there is none, one on loopback, with a file for whoever tries it.
var builder = WebApplication.CreateBuilder(args);
using var demo = Demo.UnlessConfigured(builder.Configuration);

builder.Services.AddWireGuardTunnel("office", builder.Configuration.GetSection("Office"));
builder.Services.AddHealthChecks().AddWireGuardTunnel("office");
builder.WebHost.UseTunnelTransport().ConfigureKestrel(kestrel => kestrel.ListenTunnel("office", 80)); // And nowhere else
builder.Services.AddAuthorization();
builder.Services.AddAuthentication().AddTunnelPeer(peers =>
{
    foreach (var person in builder.Configuration.GetSection("People").GetChildren())
    {
        peers.AddPeer(PublicKey.Parse(person.Value!), person.Key);
    }
});

var app = builder.Build();
var notes = new ConcurrentQueue<Note>();
app.MapGet("/", (ClaimsPrincipal user) => $"Hello {user.Identity!.Name}").RequireAuthorization();
app.MapGet("/notes", () => notes).RequireAuthorization();
app.MapPost("/notes", (Note note, ClaimsPrincipal user) =>
{
    notes.Enqueue(note with { Author = user.Identity!.Name });
    return Results.Created();
}).RequireAuthorization();
app.MapHealthChecks("/health");
app.Lifetime.ApplicationStarted.Register(() => demo?.Invite(app.Services));
app.Run();

internal sealed record Note(string Text, string? Author);
