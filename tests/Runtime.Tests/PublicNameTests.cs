using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace ModelDsl.Runtime.Tests;

/// <summary>A name of ours that an implicit using also brings would be ambiguous in every user's file.</summary>
public sealed class PublicNameTests
{
    private static readonly HashSet<string> ImplicitUsings =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks",
        "System.Net.Http.Json", "Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Http", "Microsoft.AspNetCore.Routing",
        "Microsoft.Extensions.Configuration", "Microsoft.Extensions.DependencyInjection", "Microsoft.Extensions.Hosting", "Microsoft.Extensions.Logging",
    ];

    [Fact]
    public void No_public_type_has_the_name_of_one_that_implicit_usings_bring()
    {
        Dictionary<string, string> brought = [];
        foreach (string file in FrameworkFiles())
        {
            foreach ((string @namespace, string name) in PublicTypes(file))
            {
                if (ImplicitUsings.Contains(@namespace)) brought[name] = $"{@namespace}.{name}";
            }
        }

        // The list is not empty by accident: one of each framework.
        Assert.Contains("Index", brought.Keys);
        Assert.Contains("HttpClient", brought.Keys);
        Assembly[] ours = [typeof(Trainer).Assembly, typeof(ModelChecks).Assembly, Assembly.Load("ModelDsl.Dsl")];
        IEnumerable<string> collisions = ours.SelectMany(assembly => assembly.GetExportedTypes())
            .Where(type => type.Namespace == "ModelDsl" && !type.IsNested)
            .Select(type => brought.GetValueOrDefault(type.Name)).OfType<string>();
        Assert.Empty(collisions);
    }

    // Reference packs of the web framework where the SDK has them, else its runtime, else only the base framework's runtime.
    private static IEnumerable<string> FrameworkFiles()
    {
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string root = Path.GetFullPath(Path.Combine(runtime, "..", "..", ".."));
        string[] web =
        [
            .. Folders(Path.Combine(root, "packs", "Microsoft.AspNetCore.App.Ref")).Select(folder => Path.Combine(folder, "ref", "net10.0")),
            .. Folders(Path.Combine(root, "shared", "Microsoft.AspNetCore.App")),
        ];
        return web.Prepend(runtime).Where(Directory.Exists).SelectMany(folder => Directory.GetFiles(folder, "*.dll"));
    }

    private static string[] Folders(string path) => Directory.Exists(path) ? Directory.GetDirectories(path) : [];

    private static IEnumerable<(string Namespace, string Name)> PublicTypes(string path)
    {
        using FileStream stream = File.OpenRead(path);
        using PEReader portable = new(stream);
        if (!portable.HasMetadata) yield break;
        MetadataReader metadata = portable.GetMetadataReader();
        foreach (TypeDefinition type in metadata.TypeDefinitions.Select(metadata.GetTypeDefinition))
        {
            if ((type.Attributes & TypeAttributes.VisibilityMask) == TypeAttributes.Public)
                yield return (metadata.GetString(type.Namespace), metadata.GetString(type.Name));
        }
    }
}
