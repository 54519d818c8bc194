using System.Text;
using ModelDsl.Data;

namespace ModelDsl.Runtime.Tests.Data;

public class CorpusTests
{
    [Fact]
    public void Documentation_becomes_readable_text()
    {
        const string Xml = """
            <?xml version="1.0" encoding="utf-8"?>
            <doc><assembly><name>System.Runtime</name></assembly><members>
            <member name="M:System.Array.Find``1(``0[],System.Predicate{``0})">
              <summary>Searches for an element
                 that matches, &lt;or&gt; returns <see langword="null" />. See <see cref="M:System.Array.FindLast``1(``0[],System.Predicate{``0})" />.</summary>
              <param name="array">The <see cref="T:System.Collections.Generic.List`1" /> to <paramref name="match" />.</param>
              <param name="nothing"></param>
              <exception cref="T:System.ArgumentNullException"><paramref name="array" /> is <see langword="null" />.</exception>
              <remarks><para>One.</para><para>Two.</para><code><![CDATA[a < b]]></code></remarks>
            </member>
            <member name="T:Empty" />
            <member name="M:System.String.#ctor(System.Char[],System.Int32@)"><summary>Makes it.</summary></member><member name="M:N.X.op_Explicit(N.X)~System.Int32"><returns>Text <see href="https://x">with a link</see>.</returns></member>
            </members></doc>
            """;
        Assert.True(DocumentationText.IsDocumentation(Xml));
        Assert.Equal(
            """
            Method System.Array.Find(T[], System.Predicate<T>)
            Searches for an element that matches, <or> returns null. See Array.FindLast.
            Parameter array: The List to match.
            Throws ArgumentNullException: array is null.
            Remarks: One. Two. a < b

            Method System.String.ctor(System.Char[], System.Int32&)
            Makes it.

            Method N.X.op_Explicit(N.X) to System.Int32
            Returns: Text with a link.


            """,
            DocumentationText.Convert(new StringReader(Xml)));
    }

    [Fact]
    public void The_documentation_of_this_sdk_is_found_and_is_megabytes_of_text()
    {
        Corpus corpus = Corpus.DotNetDocumentation();
        Assert.Contains(corpus.Files, file => Path.GetFileName(file) == "System.Runtime.xml");
        Assert.Equal(corpus.Files.Count, corpus.Files.Select(Path.GetFileName).Distinct().Count()); // no text twice
        string text = "";
        foreach (TextReader reader in corpus.Open().Take(20))
        {
            using (reader) text += reader.ReadToEnd();
        }

        Assert.InRange(text.Length, 100_000, int.MaxValue);
        Assert.DoesNotContain("<summary>", text, StringComparison.Ordinal);
        Assert.DoesNotContain("&lt;", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_sdk_the_places_and_the_way_out_are_named()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["packs/A/1.0/ref/net10.0"]);
        string message = Assert.Throws<DirectoryNotFoundException>(() => Corpus.DotNetDocumentation([folder.Path])).Message;
        Assert.Contains(folder.Path, message, StringComparison.Ordinal);
        Assert.Contains("DOTNET_ROOT", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_newest_version_of_each_pack_is_taken()
    {
        using TemporaryFolder folder = new();
        foreach (string path in new[] { "A/9.0.11/ref/net9.0/a.xml", "A/10.0.2/ref/net10.0/a.xml", "A/10.0.10/ref/net10.0/a.xml", "B/1.0/ref/net8.0/b.xml", "B/1.0/ref/net8.0/a.xml", "C/1.0/nothing.xml" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder["packs/" + path])!);
            File.WriteAllText(folder["packs/" + path], "<doc/>");
        }

        Assert.Equal(
            [folder["packs/A/10.0.10/ref/net10.0/a.xml"], folder["packs/B/1.0/ref/net8.0/b.xml"]],
            SdkDocumentation.Find([folder["elsewhere"], folder.Path]));
    }

    [Fact]
    public void A_folder_gives_its_text_files_in_order_and_passes_over_the_rest()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["sub"]);
        Directory.CreateDirectory(folder[".git"]);
        File.WriteAllText(folder["sub/a.txt"], "second");
        File.WriteAllText(folder["b.txt"], "first ");
        File.WriteAllText(folder[".git/config"], "hidden");
        File.WriteAllBytes(folder["a.bin"], [1, 0, 2]);
        File.WriteAllText(folder["empty"], "");
        Corpus corpus = Corpus.FromPath(folder.Path);
        Assert.Equal("first second", string.Concat(corpus.Open().Select(reader => reader.ReadToEnd())));
        Assert.Equal([$"'{folder["a.bin"]}' is binary: byte 1 is 0", $"'{folder["empty"]}' is empty"], corpus.Skipped);
    }

    [UnixFact]
    public async Task A_fifo_or_device_is_refused_and_in_a_folder_passed_over_by_name_and_nobody_waits_for_it()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["a.txt"], "text");
        ChildProcess.Run("mkfifo", folder["pipe"]);
        Assert.Contains("is a FIFO", (await Assert.ThrowsAsync<InvalidDataException>(() => Read(folder["pipe"]))).Message, StringComparison.Ordinal);
        Assert.Contains("is a device", (await Assert.ThrowsAsync<InvalidDataException>(() => Read("/dev/zero"))).Message, StringComparison.Ordinal);
        Corpus corpus = await Read(folder.Path);
        Assert.Equal([folder["a.txt"]], corpus.Files);
        Assert.Contains("pipe' is a FIFO", Assert.Single(corpus.Skipped), StringComparison.Ordinal);

        static Task<Corpus> Read(string path) => Task.Run(() => Corpus.FromPath(path)).WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Preparing_a_text_can_be_cancelled_and_leaves_the_tokens_of_before()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["a.txt"], "text");
        TokenFile.Create(folder["t"], ByteTokenizer.Instance, [new StringReader("before")]).Dispose();
        using CancellationTokenSource cancellation = new();
        Assert.Throws<OperationCanceledException>(() => TokenFile.Create(folder["t"], ByteTokenizer.Instance, [new StringReader("x"), new CancelWhenRead(cancellation)], cancellation.Token));
        Assert.Equal(2, Directory.GetFiles(folder.Path).Length);
        using TokenFile file = TokenFile.Open(folder["t"]);
        Assert.Equal(6, file.Count);
        Assert.Throws<OperationCanceledException>(() => Corpus.FromPath(folder.Path, cancellation.Token));
        Assert.Throws<OperationCanceledException>(() => ByteStatistics.BigramEntropy(file, file, cancellation.Token));
    }

    // Text without end.
    private sealed class CancelWhenRead(CancellationTokenSource cancellation) : TextReader
    {
        public override int ReadBlock(char[] buffer, int index, int count)
        {
            buffer.AsSpan(index, count).Fill('y');
            cancellation.Cancel();
            return count;
        }
    }

    [Fact]
    public void What_is_not_there_empty_or_not_text_is_told_apart()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["empty"], "");
        File.WriteAllBytes(folder["binary"], [65, 66, 0]);
        File.WriteAllBytes(folder["latin"], [65, 0xE9, 66]);
        Assert.Contains("is empty", Assert.Throws<InvalidDataException>(() => Corpus.FromPath(folder["empty"])).Message, StringComparison.Ordinal);
        Assert.Contains("binary: byte 2", Assert.Throws<InvalidDataException>(() => Corpus.FromPath(folder["binary"])).Message, StringComparison.Ordinal);
        Assert.Contains("not UTF-8", Assert.Throws<InvalidDataException>(() => Corpus.FromPath(folder["latin"])).Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", Assert.Throws<FileNotFoundException>(() => Corpus.FromPath(folder["none"])).Message, StringComparison.Ordinal);
        Assert.Contains("None of the 3 files", Assert.Throws<InvalidDataException>(() => Corpus.FromPath(folder.Path)).Message, StringComparison.Ordinal);
        // A character cut by the end of the inspected beginning is no fault.
        File.WriteAllText(folder["long"], new string('x', 65535) + "é" + new string('x', 10));
        Assert.Single(Corpus.FromPath(folder["long"]).Files);
    }

    [Theory]
    [InlineData("utf-8", 200_000, "C3")] // a character that is cut by what follows
    [InlineData("utf-8", 131_072, "FF")] // at the beginning of a block that is read
    [InlineData("utf-8", 131_071, "E282")] // begun in one block and wrong in the next
    [InlineData("utf-8", 200_000, "E282", "")] // cut by the end of the file
    [InlineData("utf-16BE", 90_000, "DC00")]
    public void Bytes_that_are_no_text_are_an_error_wherever_they_are_and_nothing_is_replaced(string name, int at, string bytes, string end = "end")
    {
        using TemporaryFolder folder = new();
        Encoding encoding = Encoding.GetEncoding(name);
        byte[] mark = encoding.GetPreamble(), text = encoding.GetBytes(new string('x', at / encoding.GetByteCount("x")));
        File.WriteAllBytes(folder["a.txt"], [.. mark, .. text, .. Convert.FromHexString(bytes), .. encoding.GetBytes(end)]);
        Corpus corpus = Corpus.FromPath(folder["a.txt"]);
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => TokenFile.Create(folder["t"], ByteTokenizer.Instance, corpus.Open()));
        Assert.Contains($"'{folder["a.txt"]}' is not UTF-", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"see {bytes} near byte {mark.Length + text.Length}.", exception.Message, StringComparison.Ordinal);
        Assert.Equal([folder["a.txt"]], Directory.GetFiles(folder.Path));
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public void A_byte_order_mark_says_the_encoding_and_is_no_text(string name)
    {
        using TemporaryFolder folder = new();
        string text = string.Concat(Enumerable.Repeat("aé€😀\n", 30_000));
        File.WriteAllText(folder["a.txt"], text, Encoding.GetEncoding(name));
        using TextReader reader = Corpus.FromPath(folder["a.txt"]).Open().Single();
        Assert.Equal(text, reader.ReadToEnd());
    }

    [Fact]
    public void Bigram_entropy_is_that_of_the_definition()
    {
        // a is followed by a or b equally often, b always by a: H = p(a) ln 2.
        Assert.Equal(2.0 / 3 * Math.Log(2), ByteStatistics.BigramEntropy("aababaa"u8), 0.1);
        Assert.Equal(0, ByteStatistics.BigramEntropy("abababab"u8), 12);
        Assert.Equal(0, ByteStatistics.BigramEntropy("x"u8));
        // A source of order 0 with 16 equal symbols has ln 16 whatever came before; held-out text pays a little for estimating.
        Random random = new(1);
        int[] tokens = [.. Enumerable.Range(0, 200_000).Select(_ => 97 + random.Next(16))];
        (TokenSource training, TokenSource validation) = new TokenBuffer(tokens, 256).Split(0.25);
        Assert.InRange(ByteStatistics.BigramEntropy(training, validation), Math.Log(16) - 0.001, Math.Log(16) + 0.005);
        // A pair that training never met costs its share of the smoothing: ln(256 (n + 1)).
        TokenBuffer seen = new(ByteTokenizer.Instance.Encode("aaaa"), 256), unseen = new(ByteTokenizer.Instance.Encode("ab"), 256);
        Assert.Equal(Math.Log(256 * (3 + 1)), ByteStatistics.BigramEntropy(seen, unseen), 12);
        // Windows that cover a text have its pairs; fewer of them have only theirs.
        TokenBatches windows = new(TokenBuffer.FromText("aaaaaab", ByteTokenizer.Instance), 1, 3, shuffle: false);
        Assert.Equal(ByteStatistics.BigramEntropy(seen, windows.Source), ByteStatistics.BigramEntropy(seen, windows, 2), 12);
        Assert.Equal(ByteStatistics.BigramEntropy(seen, windows.Source.Slice(0, 4)), ByteStatistics.BigramEntropy(seen, windows, 1), 12);
        Assert.Equal(0, windows.Position);
        Assert.Throws<ArgumentException>(() => ByteStatistics.BigramEntropy(seen, new TokenBuffer(new int[4], 300)));
        Assert.Equal(Encoding.UTF8.GetByteCount("aaaa"), seen.Count);
    }
}
