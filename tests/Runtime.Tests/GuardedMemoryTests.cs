namespace ModelDsl.Runtime.Tests;

public class GuardedMemoryTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(5000)]
    public void EndsOnAPageBoundary(int floats)
    {
        using GuardedMemory memory = new(floats);
        memory.Span.Fill(1f);
        Assert.Equal(floats, memory.Span.ToArray().Sum());
        if (OperatingSystem.IsLinux()) Assert.Equal(0, End(memory) % Environment.SystemPageSize);
    }

    private static unsafe nint End(GuardedMemory memory) => (nint)memory.Data.At(memory.Length).Pointer;
}
