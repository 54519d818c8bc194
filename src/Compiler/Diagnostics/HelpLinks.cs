using System.Reflection;

namespace ModelDsl.Compiler.Diagnostics;

/// <summary>Where the page of a rule is.</summary>
internal static class HelpLinks
{
    // The build puts the address of the clone's origin into every assembly (build/RepositoryUrl.targets), or that of `-p:RepositoryUrl=`.
    private static readonly string? Repository = typeof(HelpLinks).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(static data => data.Key == "RepositoryUrl")?.Value;

    /// <summary>The address of a rule's page, in the repository that the package names.</summary>
    public static string Of(string id) => Of(id, Repository);

    /// <summary>The address of a rule's page: in a repository, or relative to its root where none is named that a browser could open.</summary>
    public static string Of(string id, string? repository)
    {
        string page = "docs/diagnostics/" + id + ".md";
        if (!Uri.TryCreate(repository, UriKind.Absolute, out Uri? address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp)) return page;
        string root = address.AbsoluteUri.TrimEnd('/');
        if (root.EndsWith(".git", StringComparison.Ordinal)) root = root.Substring(0, root.Length - ".git".Length);
        return root + "/blob/main/" + page;
    }
}
