using System.Text;
using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Diagnostics;

/// <summary>
/// The page, which is one document that asks for nothing but <c>/status.json</c>, and the policy by which a browser runs and
/// loads nothing else.
/// </summary>
internal sealed class StatusPage
{
    private StatusPage(string template, string style, string script)
    {
        Html = template.Replace("{{style}}", style, StringComparison.Ordinal).Replace("{{script}}", script, StringComparison.Ordinal);
        // The icon in the document is an image with a data: address; there is no other.
        Policy = $"default-src 'none'; script-src '{HashOf(script)}'; style-src '{HashOf(style)}'; img-src data:; "
            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    /// <summary>The document.</summary>
    public string Html { get; }

    /// <summary>The value of its Content-Security-Policy.</summary>
    public string Policy { get; }

    /// <summary>Joins its parts.</summary>
    public static StatusPage Read() => new(Part("page.html"), Part("page.css") + Part("table.css"), Part("units.js") + Part("chart.js") + Part("page.js"));

    /// <summary>A source of CSP that is the text of an element (CSP Level 3 §2.3.1).</summary>
    private static string HashOf(string text) => $"sha256-{Convert.ToBase64String(Digest.Sha256(Encoding.UTF8.GetBytes(text)))}";

    // A parser of HTML makes one line feed of each end of a line before anything is hashed.
    private static string Part(string name)
    {
        using var stream = typeof(StatusPage).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
