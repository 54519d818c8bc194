using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace ModelDsl.Package.Tests;

[Collection(LocalFeed.Name)]
public sealed class ContentTests(LocalFeed feed)
{
    [Fact]
    public void Holds_libraries_with_documentation_and_every_assembly_an_analyzer_depends_on()
    {
        using ZipArchive package = ZipFile.OpenRead(feed.PackageFile);
        string[] names = [.. package.Entries.Select(entry => entry.FullName)];
        string[] libraries = [.. names.Where(name => name.StartsWith("lib/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.Equal(
            ["lib/net10.0/ModelDsl.Dsl.dll", "lib/net10.0/ModelDsl.Dsl.xml", "lib/net10.0/ModelDsl.Runtime.dll", "lib/net10.0/ModelDsl.Runtime.xml"], libraries);
        Assert.Contains("README.md", names);
        Assert.Contains("buildTransitive/ModelDsl.props", names);

        // What is missing beside an analyzer is not found elsewhere, and the compiler then drops the analyzer with a mere warning.
        ZipArchiveEntry[] analyzers = [.. package.Entries.Where(entry => entry.FullName.StartsWith("analyzers/dotnet/cs/", StringComparison.Ordinal))];
        string[] present = [.. analyzers.Select(entry => Path.GetFileNameWithoutExtension(entry.Name))];
        Assert.Contains("ModelDsl.Generators", present);
        Assert.Contains("ModelDsl.Analyzers", present);
        Assert.Contains("ModelDsl.CodeFixes", present);
        // The compiler has no workspaces: only what editors alone load may need them.
        Assert.Equal(["ModelDsl.CodeFixes.dll"], analyzers.Where(entry => References(entry).Any(name => name.EndsWith(".Workspaces", StringComparison.Ordinal))).Select(entry => entry.Name));
        string[] needed = [.. analyzers.SelectMany(References).Where(name => name.StartsWith("ModelDsl.", StringComparison.Ordinal)).Distinct()];
        Assert.Empty(needed.Except(present));
    }

    [Fact]
    public void Depends_on_the_tokenizers_alone_and_names_its_licence()
    {
        using ZipArchive package = ZipFile.OpenRead(feed.PackageFile);
        XElement metadata = Metadata(package);
        XElement dependency = Assert.Single(metadata.Descendants(), element => element.Name.LocalName == "dependency");
        Assert.Equal("Microsoft.ML.Tokenizers", (string?)dependency.Attribute("id"));
        XElement licence = Assert.Single(metadata.Elements(), element => element.Name.LocalName == "license");
        Assert.Equal(("expression", "MIT"), ((string?)licence.Attribute("type"), licence.Value));
    }

    /// <summary>Its users declare models in test projects, for which they need the generator that comes with ModelDsl.</summary>
    [Fact]
    public void Checks_bring_the_same_version_of_everything_and_are_one_library_with_documentation()
    {
        using ZipArchive package = ZipFile.OpenRead(feed.TestingFile);
        string[] libraries = [.. package.Entries.Select(entry => entry.FullName).Where(name => name.StartsWith("lib/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.Equal(["lib/net10.0/ModelDsl.Testing.dll", "lib/net10.0/ModelDsl.Testing.xml"], libraries);
        XElement metadata = Metadata(package);
        XElement dependency = Assert.Single(metadata.Descendants(), element => element.Name.LocalName == "dependency");
        Assert.Equal(("ModelDsl", feed.Version, "All", null), ((string?)dependency.Attribute("id"), (string?)dependency.Attribute("version"), (string?)dependency.Attribute("include"), (string?)dependency.Attribute("exclude")));
        Assert.Equal("MIT", Assert.Single(metadata.Elements(), element => element.Name.LocalName == "license").Value);
    }

    [Fact]
    public void Are_below_a_megabyte_with_their_symbols()
    {
        foreach (string file in (string[])[feed.PackageFile, feed.TestingFile])
        {
            Assert.InRange(new FileInfo(file).Length, 1, 1_000_000);
            using ZipArchive package = ZipFile.OpenRead(file);
            foreach (ZipArchiveEntry entry in package.Entries.Where(entry => entry.Name.EndsWith(".dll", StringComparison.Ordinal)))
            {
                using var image = new PEReader(Copy(entry));
                DebugDirectoryEntry[] debug = [.. image.ReadDebugDirectory()];
                Assert.Contains(debug, part => part.Type == DebugDirectoryEntryType.Reproducible);
                using MetadataReaderProvider symbols = image.ReadEmbeddedPortablePdbDebugDirectoryData(debug.Single(part => part.Type == DebugDirectoryEntryType.EmbeddedPortablePdb));
                MetadataReader reader = symbols.GetMetadataReader();
                // No path of the machine that built it.
                Assert.All(reader.Documents, document => Assert.StartsWith("/_/", reader.GetString(reader.GetDocument(document).Name), StringComparison.Ordinal));
            }
        }
    }

    private static XElement Metadata(ZipArchive package)
    {
        using Stream stream = package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(stream).Root!.Elements().Single();
    }

    private static string[] References(ZipArchiveEntry entry)
    {
        using var image = new PEReader(Copy(entry));
        MetadataReader reader = image.GetMetadataReader();
        return [.. reader.AssemblyReferences.Select(reference => reader.GetString(reader.GetAssemblyReference(reference).Name))];
    }

    private static MemoryStream Copy(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        var copy = new MemoryStream();
        stream.CopyTo(copy);
        copy.Position = 0;
        return copy;
    }
}
