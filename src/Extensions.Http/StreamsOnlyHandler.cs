using System.Net;

namespace Onetun.Extensions.Http;

/// <summary>
/// Keeps requests from HTTP/3, whose connections .NET opens past every <see cref="SocketsHttpHandler.ConnectCallback"/>, and so
/// outside the network. A server may offer it at any time (RFC 7838), so that no request may be left the choice.
/// </summary>
internal sealed class StreamsOnlyHandler : DelegatingHandler
{
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        base.Send(Limited(request), cancellationToken);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        base.SendAsync(Limited(request), cancellationToken);

    private static HttpRequestMessage Limited(HttpRequestMessage request)
    {
        var wants3 = request.Version >= HttpVersion.Version30;
        if (wants3 && request.VersionPolicy != HttpVersionPolicy.RequestVersionOrLower)
        {
            throw new HttpRequestException(
                HttpRequestError.VersionNegotiationError, "HTTP/3 has no way into the network: only TCP is carried there.");
        }

        if (wants3 || request.VersionPolicy == HttpVersionPolicy.RequestVersionOrHigher)
        {
            request.VersionPolicy = request.Version == HttpVersion.Version20
                ? HttpVersionPolicy.RequestVersionExact
                : HttpVersionPolicy.RequestVersionOrLower;
            request.Version = HttpVersion.Version20;
        }

        return request;
    }
}
