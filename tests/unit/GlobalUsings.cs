global using Onetun.Tests.Support;
global using Xunit;
